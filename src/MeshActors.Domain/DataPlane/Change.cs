using System.Net;
using MeshActors.Domain.Ipam;

namespace MeshActors.Domain.DataPlane;

/// <summary>One step from the observed data plane to the desired one. Prints as what <c>--dry-run</c> shows.</summary>
public abstract record Change
{
    private Change()
    {
    }

    public sealed record CreateInterface(string Name) : Change
    {
        public override string ToString() => $"interface + {Name}";
    }

    /// <summary>Sets the host's private key and port; the key itself never is a value of a plan.</summary>
    public sealed record SetDevice(PublicKey Key, ushort ListenPort) : Change
    {
        public override string ToString() => $"device    = public key {Key}, port {ListenPort}";
    }

    public sealed record AddAddress(Prefix Address) : Change
    {
        public override string ToString() => $"address   + {Address}";
    }

    public sealed record BringUp(int Mtu) : Change
    {
        public override string ToString() => $"interface = up, mtu {Mtu}";
    }

    /// <summary>Makes the peer if it is not there.</summary>
    /// <param name="AllowedIps">Replaces what the peer has; null leaves it.</param>
    /// <param name="Endpoint">Null leaves it.</param>
    public sealed record SetPeer(PublicKey Key, string Name, ValueList<Prefix>? AllowedIps, IPEndPoint? Endpoint) : Change
    {
        public override string ToString() =>
            $"peer      = {Key} ({Name})"
            + (AllowedIps is { } allowed ? $" allowed-ips {allowed}" : "")
            + (Endpoint is null ? "" : $" endpoint {Endpoint}");
    }

    public sealed record AddRoute(Prefix Prefix) : Change
    {
        public override string ToString() => $"route     + {Prefix}";
    }

    public sealed record EnableForwarding(bool V6) : Change
    {
        public override string ToString() => $"forward   + {(V6 ? "IPv6" : "IPv4")}";
    }

    public sealed record AddDockerRule(Prefix Prefix) : Change
    {
        public override string ToString() => $"docker    + accept to {Prefix}";
    }

    public sealed record RemoveDockerRule(Prefix Prefix) : Change
    {
        public override string ToString() => $"docker    - accept to {Prefix}";
    }

    public sealed record RemoveRoute(Prefix Prefix) : Change
    {
        public override string ToString() => $"route     - {Prefix}";
    }

    public sealed record RemovePeer(PublicKey Key) : Change
    {
        public override string ToString() => $"peer      - {Key}";
    }

    public sealed record RemoveAddress(InterfaceAddress Address) : Change
    {
        public override string ToString() => $"address   - {Address}";
    }
}

/// <summary>What the operator should know, with what to do about it.</summary>
/// <param name="Code">One of <see cref="WarningCodes"/>; stable, for programs.</param>
public sealed record Warning(string Code, string Message);

public static class WarningCodes
{
    public const string RouteConflict = "route-conflict";
    public const string RouteInside = "route-inside";
    public const string EndpointInPrefix = "endpoint-in-prefix";
}

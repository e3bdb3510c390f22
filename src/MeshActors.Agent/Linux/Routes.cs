using System.Text.Json;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Ipam;

namespace MeshActors.Agent.Linux;

/// <summary>The main routing table of both families, as far as the plan asks.</summary>
internal sealed class Routes
{
    /// <summary>Tells meshd's own routes from others over the same interface; a route over another one is never its own.</summary>
    public const string Protocol = "176";

    /// <summary>Kinds that only fill up a larger network: a smaller one over the mesh is what they are for.</summary>
    private static readonly HashSet<string> Fillers = ["blackhole", "unreachable", "prohibit", "throw"];

    private readonly string _device;
    private readonly List<ForeignRoute> _foreign = [];

    private Routes(string device) => _device = device;

    public HashSet<Prefix> Own { get; } = [];

    public HashSet<Prefix> Other { get; } = [];

    public ForeignRoutes Foreign => new(_foreign);

    public static async Task<Routes> ReadAsync(string device)
    {
        var routes = new Routes(device);
        var families = await Task.WhenAll(ReadFamilyAsync("-4"), ReadFamilyAsync("-6"));
        foreach (var family in families)
        {
            routes.Add(family.OrThrow().Output.Span);
            family.Release();
        }

        return routes;
    }

    private static Task<CommandResult> ReadFamilyAsync(string family) =>
        Command.RunAsync(["ip", "-N", "-json", family, "route", "show", "table", "main"]);

    public static Routes Parse(ReadOnlySpan<byte> json, string device)
    {
        var routes = new Routes(device);
        routes.Add(json);
        return routes;
    }

    private void Add(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: true, default);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                AddRoute(ref reader);
            }
        }
    }

    private void AddRoute(ref Utf8JsonReader reader)
    {
        var prefix = default(Prefix?);
        var isOwnDevice = false;
        var isOwn = false;
        var device = "";
        var kind = "";
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("dst"u8))
            {
                reader.Read();
                prefix = Text.TryPrefix(reader.ValueSpan, out var parsed) ? parsed : null;
            }
            else if (reader.ValueTextEquals("dev"u8))
            {
                reader.Read();
                isOwnDevice = reader.ValueTextEquals(_device);
                device = isOwnDevice ? _device : reader.GetString() ?? "";
            }
            else if (reader.ValueTextEquals("protocol"u8))
            {
                reader.Read();
                isOwn = reader.ValueTextEquals(Protocol);
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                kind = reader.GetString() ?? "";
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (prefix is { } network)
        {
            Sort(network, isOwnDevice, isOwn, device, kind);
        }
    }

    private void Sort(Prefix prefix, bool isOwnDevice, bool isOwn, string device, string kind)
    {
        if (isOwnDevice)
        {
            (isOwn ? Own : Other).Add(prefix);
        }
        else if (!Fillers.Contains(kind) && !IsLinkLocal(prefix))
        {
            _foreign.Add(new ForeignRoute(prefix, device.Length > 0 ? device : "several"));
        }
    }

    private static bool IsLinkLocal(Prefix prefix) => prefix.IsV6 && (prefix.Address.IsIPv6LinkLocal || prefix.Address.IsIPv6Multicast);
}

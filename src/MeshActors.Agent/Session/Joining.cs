using MeshActors.Agent.State;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Trust;
using Endpoint = MeshActors.Domain.Organizations.Endpoint;

namespace MeshActors.Agent.Session;

/// <summary>Makes this machine a node. Safe to repeat: key and credential are stored before, and the same each time.</summary>
internal static class Joining
{
    /// <summary>Waits for the controller as long as it takes.</summary>
    /// <exception cref="RefusedException">The controller says no, or is not the one of the join URL.</exception>
    public static async Task<Joined> RunAsync(
        IReadOnlyList<Uri> servers, Identity identity, KeyFile key, JoinRequest request, TimeProvider time, CancellationToken stop)
    {
        var backoff = new Backoff();
        var told = "";
        for (var attempt = 0; ; attempt++)
        {
            var server = servers[attempt % servers.Count];
            var problem = "";
            try
            {
                await using var transport = new GrpcTransport(server, GrpcTransport.TrustOf(identity));
                if (await JoinHandshake.RunAsync(transport, request, key.Private, stop) is { } joined)
                {
                    return joined;
                }
            }
            catch (ControllerRefusedException e)
            {
                throw new RefusedException(e.Code, e.Message);
            }
            catch (ControllerUnreachableException e)
            {
                problem = e.Message;
                if (e.IsDistrust)
                {
                    throw new RefusedException("controller-untrusted", $"{problem} Take a new join URL from the controller's operator.");
                }
            }

            if (problem != told)
            {
                told = problem;
                Log.Warn($"cannot join yet: {(problem.Length > 0 ? problem : "the controller is busy.")} Trying again until it answers.");
            }

            await Task.Delay(backoff.Next(), time, stop);
        }
    }

    public static JoinRequest Request(
        Settings settings, Identity identity, KeyFile key, string joinKey, IEnumerable<Endpoint> endpoints) => new()
        {
            Protocol = Agent.ProtocolVersion,
            JoinKey = joinKey,
            Organization = settings.Organization,
            Name = identity.Name,
            PublicKey = key.Public.ToWire(),
            CredentialHash = Google.Protobuf.ByteString.CopyFrom(SecretHash.Of(identity.CredentialSecret).ToBytes()),
            RequestedAddresses = { settings.RequestedAddresses },
            Prefixes = { settings.Prefixes.Select(prefix => prefix.ToString()) },
            Endpoints = { endpoints.Select(endpoint => endpoint.ToWire()) },
            ListenPort = settings.ListenPort,
            AgentVersion = Agent.Version,
        };
}

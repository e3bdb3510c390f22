using Grpc.Core;
using MeshActors.Agent.State;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain.Trust;
using Endpoint = MeshActors.Domain.Organizations.Endpoint;

namespace MeshActors.Agent.Session;

/// <summary>Makes this machine a node. Safe to repeat: key and credential are stored before, and the same each time.</summary>
internal static class Joining
{
    /// <summary>One call, without the waiting between calls.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

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
                using var controller = new Controller(server, identity);
                if (await CallAsync(controller, key, request, stop) is { } joined)
                {
                    return joined;
                }
            }
            catch (RpcException e) when (!stop.IsCancellationRequested)
            {
                if (Refusals.Of(e) is { } refused)
                {
                    throw refused;
                }

                problem = Refusals.Sentence(e, server);
                if (Refusals.IsDistrust(e))
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

    /// <returns>Null for a controller that asks to come back later.</returns>
    private static async Task<Joined?> CallAsync(Controller controller, KeyFile key, JoinRequest request, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(CallTimeout);
        using var call = controller.Gateway.Join(cancellationToken: timeout.Token);
        await call.RequestStream.WriteAsync(new JoinStep { Request = request }, timeout.Token);
        while (await call.ResponseStream.MoveNext(timeout.Token))
        {
            var step = call.ResponseStream.Current;
            if (step.StepCase == JoinStep.StepOneofCase.Challenge)
            {
                var proof = Contracts.Trust.PossessionProof.Answer(request, step.Challenge, key.Private);
                await call.RequestStream.WriteAsync(
                    new JoinStep { Proof = new Contracts.Agent.V1.JoinProof { Proof = Google.Protobuf.ByteString.CopyFrom(proof) } }, timeout.Token);
            }
            else if (step is { StepCase: JoinStep.StepOneofCase.Reply, Reply.ResultCase: JoinReply.ResultOneofCase.Joined })
            {
                return step.Reply.Joined;
            }
            else if (step is { StepCase: JoinStep.StepOneofCase.Reply, Reply.ResultCase: JoinReply.ResultOneofCase.Refused })
            {
                return Refusals.Of(step.Reply.Refused) is { } refused ? throw refused : null;
            }
        }

        return null;
    }
}

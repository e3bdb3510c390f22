using System.Diagnostics;
using System.Diagnostics.Metrics;
using MeshActors.Cluster;
using MeshActors.Cluster.Telemetry;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Challenger = MeshActors.Contracts.Trust.PossessionProof.Challenger;

namespace MeshActors.Controller.Gateway;

/// <summary>One join: Request, Challenge, Proof, Reply. Nothing is decided before the proof is verified.</summary>
internal sealed partial class JoinCall(
    IMesh mesh, KnownOrganizations organizations, TimeProvider time, PendingJoins pending, AgentRefusals refusals, ILogger<JoinCall> logger)
{
    private static readonly Refusal Overloaded = new(RefusalCodes.Overloaded,
        $"As many joins are under way as this controller takes at once: {AgentProtocol.PendingJoinsMax}, and a half of them of one organization; try again in a few seconds.");

    private static readonly Refusal WrongProof = new(RefusalCodes.JoinProofInvalid,
        "The agent did not prove that it holds the private half of its WireGuard key; start meshd again.");

    private static readonly Counter<long> Joins = MeshMeter.Counter(
        "mesh.joins", "{join}", "Joins by outcome: joined (a repeated one too), refused, broken (unanswered, for whatever reason).");

    private readonly Challenger _challenger = new();

    public async Task RunAsync(IAgentCall<JoinStep, JoinStep> call)
    {
        using var span = MeshTraces.Start("join call", ActivityKind.Server, call.Origin.RequestId);
        var outcome = "broken";
        try
        {
            outcome = await AnswerAsync(call).ConfigureAwait(false) is null ? "joined" : "refused";
        }
        catch (CallRefusedException refused)
        {
            outcome = "refused";
            refusals.CallRefused(Doors.Join, call.Origin.Peer, refused.Reason);
            throw;
        }
        finally
        {
            Joins.Add(1, MeshMeter.Tag("outcome", outcome));
        }
    }

    /// <returns>Why it was refused, or null.</returns>
    private async Task<Refused?> AnswerAsync(IAgentCall<JoinStep, JoinStep> call)
    {
        // Who does not take its answer holds no place of others.
        JoinReply reply;
        using (var place = pending.TryEnter())
        {
            reply = place is null ? RefuseCall(call, Overloaded) : await HandshakeAsync(call, place).ConfigureAwait(false);
        }

        await ReplyAsync(call, reply).ConfigureAwait(false);
        return reply.Refused;
    }

    private async Task<JoinReply> HandshakeAsync(IAgentCall<JoinStep, JoinStep> call, PendingJoins.Place place)
    {
        var request = (await NextAsync(call).ConfigureAwait(false)).Request ?? throw CallRefusedException.Malformed("The first step of a join is its request.");
        if (Edge.Check(request) is { } malformed)
        {
            return RefuseCall(call, malformed);
        }

        if (!Bearer.TryParse(request.JoinKey, Bearer.JoinKeyKind, out var key))
        {
            return RefuseCall(call, Domain.Organizations.Organization.InvalidJoinKey);
        }

        var organization = OrganizationId.Parse(key.Scope);
        if (request.Organization.Length > 0 && !organization.IsCalled(request.Organization))
        {
            return RefuseJoin(request, key, call, AgentProtocol.Mismatch(request.Organization, organization));
        }

        if (!place.TryName(organization))
        {
            return RefuseCall(call, Overloaded);
        }

        await place.WaitForTurnAsync(call.Aborted).ConfigureAwait(false);
        var challenge = _challenger.Challenge();
        var challenged = ChallengeAsync(call, challenge);
        place.LetNext();
        await challenged.ConfigureAwait(false);
        var proof = (await NextAsync(call).ConfigureAwait(false)).Proof ?? throw CallRefusedException.Malformed("The second step of a join is its proof.");
        await place.WaitForTurnAsync(call.Aborted).ConfigureAwait(false);
        if (!_challenger.Verify(request, challenge, proof.Proof.Span))
        {
            return RefuseJoin(request, key, call, WrongProof);
        }

        var reply = await JoinAsync(request, key, call).ConfigureAwait(false);
        if (reply.Joined is not null)
        {
            place.Joined();
        }

        return reply;
    }

    private async Task<JoinReply> JoinAsync(JoinRequest request, Bearer key, IAgentCall<JoinStep, JoinStep> call)
    {
        var organization = OrganizationId.Parse(key.Scope);
        if (!await organizations.ContainsAsync(organization, call.Aborted).ConfigureAwait(false))
        {
            return RefuseJoin(request, key, call, Domain.Organizations.Organization.InvalidJoinKey);
        }

        var meta = call.Origin.Meta(time, new Principal(PrincipalKind.JoinKey, key.Id, request.Name));
        var reply = await mesh.ExecuteAsync(organization, ToCommand(request, key, call.Origin), meta, call.Aborted).ConfigureAwait(false);
        switch (reply)
        {
            case CommandReply.Done({ } revision, { } node):
                Joined(node.Id, node.Name, organization, key.Id);
                return new JoinReply { Joined = new Joined { Organization = organization.Value, NodeId = node.Id.ToWire(), Revision = revision } };
            case CommandReply.Refused({ Code: RefusalCodes.OrganizationUnknown or RefusalCodes.JoinKeyUnknown }):
                return RefuseJoin(request, key, call, Domain.Organizations.Organization.InvalidJoinKey);
            case CommandReply.Refused(var reason):
                return RefuseJoin(request, key, call, reason);
            default:
                throw new UnreachableException(reply.ToString());
        }
    }

    private OrganizationCommand.Join ToCommand(JoinRequest request, Bearer key, CallOrigin origin)
    {
        try
        {
            return new OrganizationCommand.Join(
                new NodeId(Guid.CreateVersion7(time.GetUtcNow())),
                key.Id,
                key.Hash,
                request.PublicKey.ToPublicKey(),
                new SecretHash(request.CredentialHash.Span),
                request.Name,
                request.RequestedAddresses.ToValueList(),
                request.Prefixes.ToValueList(),
                Endpoints.Read(request.Endpoints, request.ListenPort, origin.Address));
        }
        catch (FormatException fault)
        {
            throw CallRefusedException.Malformed(fault.Message);
        }
    }

    // Who takes no bytes must not hold a place for as long as its connection lives.
    private async Task ChallengeAsync(IAgentCall<JoinStep, JoinStep> call, JoinChallenge challenge)
    {
        try
        {
            await call.WriteAsync(new JoinStep { Challenge = challenge }).WaitAsync(AgentProtocol.StepDeadline, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            call.Abort();
            throw new CallLateException($"The challenge was not taken within {AgentProtocol.StepDeadline.TotalSeconds} s; try again.");
        }
    }

    private async Task<JoinStep> NextAsync(IAgentCall<JoinStep, JoinStep> call)
    {
        try
        {
            return await call.ReadAsync().WaitAsync(AgentProtocol.StepDeadline, time).ConfigureAwait(false)
                ?? throw CallRefusedException.Malformed("The join ended before its last step.");
        }
        catch (TimeoutException)
        {
            throw new CallLateException($"The next step of the join did not come within {AgentProtocol.StepDeadline.TotalSeconds} s; try again.");
        }
    }

    private JoinReply RefuseCall(IAgentCall<JoinStep, JoinStep> call, Refusal reason)
    {
        refusals.CallRefused(Doors.Join, call.Origin.Peer, reason);
        return Refuse(reason);
    }

    private JoinReply RefuseJoin(JoinRequest request, Bearer key, IAgentCall<JoinStep, JoinStep> call, Refusal refusal)
    {
        var reason = organizations.OrNotYet(refusal);
        refusals.JoinRefused(request.Name, key.Scope, key.Id, call.Origin.Peer, reason);
        return Refuse(reason);
    }

    private static Task ReplyAsync(IAgentCall<JoinStep, JoinStep> call, JoinReply reply) => call.WriteAsync(new JoinStep { Reply = reply });

    private static JoinReply Refuse(Refusal reason) => new() { Refused = new Refused { Code = reason.Code, Message = reason.Message } };

    [LoggerMessage(EventId = 2101, Level = LogLevel.Information, Message = "Node {Node} ('{Name}') joined organization {Organization} with join key {JoinKey}.")]
    private partial void Joined(NodeId node, string name, OrganizationId organization, string joinKey);
}

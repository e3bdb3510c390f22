using MeshActors.Cluster;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Challenger = MeshActors.Contracts.Trust.PossessionProof.Challenger;

namespace MeshActors.Controller.Gateway;

/// <summary>One join: Request, Challenge, Proof, Reply. Nothing is decided before the proof is verified.</summary>
internal sealed partial class JoinCall(
    IMesh mesh, KnownOrganizations organizations, TimeProvider time, PendingJoins pending, RefusalLog refusals, ILogger<JoinCall> logger)
{
    private static readonly Refusal Overloaded = new(RefusalCodes.Overloaded,
        $"As many joins are under way as this controller takes at once: {AgentProtocol.PendingJoinsMax}, and a half of them of one organization; try again in a few seconds.");

    private static readonly Refusal WrongProof = new(RefusalCodes.JoinProofInvalid,
        "The agent did not prove that it holds the private half of its WireGuard key; start meshd again.");

    public async Task RunAsync(IAgentCall<JoinStep, JoinStep> call)
    {
        // Who does not take its answer holds no place of others.
        JoinReply reply;
        using (var place = pending.TryEnter())
        {
            reply = place is null ? Refuse(Overloaded) : await HandshakeAsync(call, place).ConfigureAwait(false);
        }

        await ReplyAsync(call, reply).ConfigureAwait(false);
    }

    private async Task<JoinReply> HandshakeAsync(IAgentCall<JoinStep, JoinStep> call, PendingJoins.Place place)
    {
        var request = (await NextAsync(call).ConfigureAwait(false)).Request ?? throw CallRefusedException.Malformed("The first step of a join is its request.");
        if (Edge.Check(request) is { } malformed)
        {
            return Refuse(malformed);
        }

        if (!Bearer.TryParse(request.JoinKey, Bearer.JoinKeyKind, out var key))
        {
            return Refuse(Domain.Organizations.Organization.InvalidJoinKey);
        }

        var organization = OrganizationId.Parse(key.Scope);
        if (request.Organization.Length > 0 && !organization.IsCalled(request.Organization))
        {
            return RefuseJoin(request, key, AgentProtocol.Mismatch(request.Organization, organization));
        }

        if (!place.TryName(organization))
        {
            return RefuseJoin(request, key, Overloaded);
        }

        var challenger = new Challenger();
        await call.WriteAsync(new JoinStep { Challenge = challenger.Challenge }).ConfigureAwait(false);
        var proof = (await NextAsync(call).ConfigureAwait(false)).Proof ?? throw CallRefusedException.Malformed("The second step of a join is its proof.");
        await place.WaitForTurnAsync(call.Aborted).ConfigureAwait(false);
        return challenger.Verify(request, proof.Proof.Span)
            ? await JoinAsync(request, key, call).ConfigureAwait(false)
            : Refuse(WrongProof);
    }

    private async Task<JoinReply> JoinAsync(JoinRequest request, Bearer key, IAgentCall<JoinStep, JoinStep> call)
    {
        var organization = OrganizationId.Parse(key.Scope);
        if (!await organizations.ContainsAsync(organization, call.Aborted).ConfigureAwait(false))
        {
            return Refuse(Domain.Organizations.Organization.InvalidJoinKey);
        }

        var meta = call.Origin.Meta(time, new Principal(PrincipalKind.JoinKey, key.Id, request.Name));
        var reply = await mesh.ExecuteAsync(organization, ToCommand(request, key, call.Origin), meta, call.Aborted).ConfigureAwait(false);
        switch (reply)
        {
            case CommandReply.Done({ } revision, { } node):
                Joined(node.Id, node.Name, organization, key.Id);
                return new JoinReply { Joined = new Joined { Organization = organization.Value, NodeId = node.Id.ToWire(), Revision = revision } };
            case CommandReply.Refused({ Code: RefusalCodes.OrganizationUnknown or RefusalCodes.JoinKeyUnknown }):
                return Refuse(Domain.Organizations.Organization.InvalidJoinKey);
            case CommandReply.Refused(var reason):
                return RefuseJoin(request, key, reason);
            default:
                throw new System.Diagnostics.UnreachableException(reply.ToString());
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

    private JoinReply RefuseJoin(JoinRequest request, Bearer key, Refusal reason)
    {
        if (refusals.Enter($"{key.Scope}/{key.Id}/{request.Name}", reason.Code) is { } unsaid)
        {
            NotJoined(request.Name, key.Scope, key.Id, reason.Code, unsaid);
        }

        return Refuse(reason);
    }

    private static Task ReplyAsync(IAgentCall<JoinStep, JoinStep> call, JoinReply reply) => call.WriteAsync(new JoinStep { Reply = reply });

    private static JoinReply Refuse(Refusal reason) => new() { Refused = new Refused { Code = reason.Code, Message = reason.Message } };

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} ('{Name}') joined organization {Organization} with join key {JoinKey}.")]
    private partial void Joined(NodeId node, string name, OrganizationId organization, string joinKey);

    [LoggerMessage(Level = LogLevel.Information, Message = "A join of '{Name}' to organization {Organization} with join key {JoinKey} was refused: {Code} ({Unsaid} like it unsaid).")]
    private partial void NotJoined(string name, string organization, string joinKey, string code, long unsaid);
}

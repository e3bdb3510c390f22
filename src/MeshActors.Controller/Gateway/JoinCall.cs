using Grpc.Core;
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
    IMesh mesh, KnownOrganizations organizations, TimeProvider time, PendingJoins pending, ILogger<JoinCall> logger)
{
    private static readonly Refusal Overloaded = new(RefusalCodes.Overloaded,
        $"{AgentProtocol.PendingJoinsMax} joins are under way, the most that this controller takes at once; try again in a few seconds.");

    private static readonly Refusal WrongProof = new(RefusalCodes.JoinProofInvalid,
        "The agent did not prove that it holds the private half of its WireGuard key; start meshd again.");

    public async Task RunAsync(IAsyncStreamReader<JoinStep> steps, IServerStreamWriter<JoinStep> replies, ServerCallContext context)
    {
        if (!pending.TryEnter())
        {
            await ReplyAsync(replies, Refuse(Overloaded), context).ConfigureAwait(false);
            return;
        }

        try
        {
            await ReplyAsync(replies, await HandshakeAsync(steps, replies, context).ConfigureAwait(false), context).ConfigureAwait(false);
        }
        finally
        {
            pending.Leave();
        }
    }

    private async Task<JoinReply> HandshakeAsync(
        IAsyncStreamReader<JoinStep> steps, IServerStreamWriter<JoinStep> replies, ServerCallContext context)
    {
        var request = (await NextAsync(steps).ConfigureAwait(false)).Request ?? throw Refusals.Malformed("The first step of a join is its request.");
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
            return Refuse(AgentProtocol.Mismatch(request.Organization, organization));
        }

        var challenger = new Challenger();
        await replies.WriteAsync(new JoinStep { Challenge = challenger.Challenge }, context.CancellationToken).ConfigureAwait(false);
        var proof = (await NextAsync(steps).ConfigureAwait(false)).Proof ?? throw Refusals.Malformed("The second step of a join is its proof.");
        return challenger.Verify(request, proof.Proof.Span)
            ? await JoinAsync(request, key, context).ConfigureAwait(false)
            : Refuse(WrongProof);
    }

    private async Task<JoinReply> JoinAsync(JoinRequest request, Bearer key, ServerCallContext context)
    {
        var organization = OrganizationId.Parse(key.Scope);
        if (!await organizations.ContainsAsync(organization, context.CancellationToken).ConfigureAwait(false))
        {
            return Refuse(Domain.Organizations.Organization.InvalidJoinKey);
        }

        var meta = Caller.Meta(context, time, new Principal(PrincipalKind.JoinKey, key.Id, request.Name));
        var reply = await mesh.ExecuteAsync(organization, ToCommand(request, key, context), meta, context.CancellationToken).ConfigureAwait(false);
        switch (reply)
        {
            case CommandReply.Done({ } revision, { } node):
                Joined(node.Id, node.Name, organization, key.Id);
                return new JoinReply { Joined = new Joined { Organization = organization.Value, NodeId = node.Id.ToWire(), Revision = revision } };
            case CommandReply.Refused({ Code: RefusalCodes.OrganizationUnknown or RefusalCodes.JoinKeyUnknown }):
                return Refuse(Domain.Organizations.Organization.InvalidJoinKey);
            case CommandReply.Refused(var reason):
                NotJoined(request.Name, organization, key.Id, reason.Code);
                return Refuse(reason);
            default:
                throw new System.Diagnostics.UnreachableException(reply.ToString());
        }
    }

    private OrganizationCommand.Join ToCommand(JoinRequest request, Bearer key, ServerCallContext context)
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
                Endpoints.Read(request.Endpoints, request.ListenPort, Caller.RemoteAddress(context)));
        }
        catch (FormatException fault)
        {
            throw Refusals.Malformed(fault.Message);
        }
    }

    private async Task<JoinStep> NextAsync(IAsyncStreamReader<JoinStep> steps)
    {
        try
        {
            // Its own token would abort the call: no status would reach the agent.
            return await steps.MoveNext(CancellationToken.None).WaitAsync(AgentProtocol.StepDeadline, time).ConfigureAwait(false)
                ? steps.Current
                : throw Refusals.Malformed("The join ended before its last step.");
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded,
                $"The next step of the join did not come within {AgentProtocol.StepDeadline.TotalSeconds} s; try again."));
        }
    }

    private static Task ReplyAsync(IServerStreamWriter<JoinStep> replies, JoinReply reply, ServerCallContext context) =>
        replies.WriteAsync(new JoinStep { Reply = reply }, context.CancellationToken);

    private static JoinReply Refuse(Refusal reason) => new() { Refused = new Refused { Code = reason.Code, Message = reason.Message } };

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} ('{Name}') joined organization {Organization} with join key {JoinKey}.")]
    private partial void Joined(NodeId node, string name, OrganizationId organization, string joinKey);

    [LoggerMessage(Level = LogLevel.Information, Message = "A join of '{Name}' to organization {Organization} with join key {JoinKey} was refused: {Code}.")]
    private partial void NotJoined(string name, OrganizationId organization, string joinKey, string code);
}

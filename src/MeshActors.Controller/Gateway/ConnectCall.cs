using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Node = MeshActors.Domain.Organizations.Node;

namespace MeshActors.Controller.Gateway;

/// <summary>One agent's stream: credential, Hello, Announce, Welcome; then the map out and reports in, until one of them ends.</summary>
internal sealed partial class ConnectCall(
    IMesh mesh,
    KnownOrganizations organizations,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ConnectedAgents connected,
    ILoggerFactory loggers,
    ILogger<ConnectCall> logger)
{
    private static readonly Refusal NoCredential = new(RefusalCodes.CredentialInvalid,
        "The call carries no node credential; join again with a join URL.");

    private static readonly Refusal Stopping = new(AgentProtocol.Draining, "This controller is stopping; come back in a moment.");

    public async Task RunAsync(IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<EncodedMessage> replies, ServerCallContext context)
    {
        var credential = Caller.FindBearer(context, Bearer.CredentialKind);
        if (credential is null || !NodeId.TryParse(credential.Id, out var id))
        {
            throw NoCredential.ToRpcException();
        }

        var hello = await FirstAsync(requests).ConfigureAwait(false);
        var organization = OrganizationId.Parse(credential.Scope);
        if (hello.Organization.Length > 0 && !organization.IsCalled(hello.Organization))
        {
            await GoAwayAsync(replies, AgentProtocol.Mismatch(hello.Organization, organization), final: true).ConfigureAwait(false);
            return;
        }

        if (!await organizations.ContainsAsync(organization, context.CancellationToken).ConfigureAwait(false))
        {
            await GoAwayAsync(replies, UnknownCredential(organization), final: true).ConfigureAwait(false);
            return;
        }

        var follow = await mesh.FollowAsync(ToFollow(hello, organization, id, credential, context), context.CancellationToken).ConfigureAwait(false);
        switch (follow)
        {
            case FollowReply.Refused(var reason):
                NotFollowed(id, organization, reason.Code);
                await GoAwayAsync(replies, reason, IsFinal(reason)).ConfigureAwait(false);
                break;
            case FollowReply.Following(var following, var known):
                await using (following.ConfigureAwait(false))
                {
                    await ServeAsync(following, known, hello, organization, id, requests, replies, context).ConfigureAwait(false);
                }

                break;
        }
    }

    private async Task ServeAsync(
        IFollowing following,
        Node known,
        Hello hello,
        OrganizationId organization,
        NodeId id,
        IAsyncStreamReader<AgentMessage> requests,
        IServerStreamWriter<EncodedMessage> replies,
        ServerCallContext context)
    {
        var principal = new Principal(PrincipalKind.Node, id.ToString(), hello.Name);
        var endpoints = ReadEndpoints(hello.Endpoints, hello.ListenPort, context);
        var announce = new OrganizationCommand.Announce(
            id, hello.Name, hello.RequestedAddresses.ToValueList(), hello.Prefixes.ToValueList(), endpoints);
        Task<CommandReply> AnnounceAsync(CancellationToken token) =>
            mesh.ExecuteAsync(organization, announce, Caller.Meta(context, time, principal), token);
        switch (await ExceptAwayAsync(AnnounceAsync, context.CancellationToken).ConfigureAwait(false))
        {
            case null:
                var late = new LateAnnouncement(AnnounceAsync, time, context.CancellationToken);
                await using (late.ConfigureAwait(false))
                {
                    await StreamAsync(following, known, 0, organization, principal, late, requests, replies, context).ConfigureAwait(false);
                }

                break;
            case CommandReply.Done(var revision, { } node):
                await StreamAsync(following, node, revision, organization, principal, null, requests, replies, context).ConfigureAwait(false);
                break;
            case CommandReply.Refused(var reason):
                NotAnnounced(id, organization, reason.Code);
                await GoAwayAsync(replies, reason, IsFinal(reason)).ConfigureAwait(false);
                break;
            case var other:
                throw new System.Diagnostics.UnreachableException(other.ToString());
        }
    }

    /// <param name="revision">At least this is in the map to come.</param>
    /// <param name="late">What the node announces has not been taken yet; null when it has.</param>
    private async Task StreamAsync(
        IFollowing following,
        Node node,
        long revision,
        OrganizationId organization,
        Principal principal,
        LateAnnouncement? late,
        IAsyncStreamReader<AgentMessage> requests,
        IServerStreamWriter<EncodedMessage> replies,
        ServerCallContext context)
    {
        connected.Enter();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, late?.Refused ?? CancellationToken.None);
        var isCutShort = false;
        try
        {
            await WelcomeAsync(replies, organization, node, revision, context).ConfigureAwait(false);
            isCutShort = await new AgentStream(mesh, time, following, organization, node, principal, loggers.CreateLogger<AgentStream>())
                .RunAsync(requests, replies, context, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            connected.Leave();
        }

        if (isCutShort && late?.Reason is { } refused && !context.CancellationToken.IsCancellationRequested)
        {
            NotAnnounced(node.Id, organization, refused.Code);
            await GoAwayAsync(replies, refused, IsFinal(refused)).ConfigureAwait(false);
        }
        else if (isCutShort && lifetime.ApplicationStopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            await GoAwayAsync(replies, Stopping, final: false).ConfigureAwait(false);
        }
    }

    /// <summary>Null when the organization's region is away.</summary>
    private static async Task<CommandReply?> ExceptAwayAsync(Func<CancellationToken, Task<CommandReply>> announce, CancellationToken cancellationToken)
    {
        try
        {
            return await announce(cancellationToken).ConfigureAwait(false);
        }
        catch (RegionAwayException)
        {
            return null;
        }
    }

    private async Task<Hello> FirstAsync(IAsyncStreamReader<AgentMessage> requests)
    {
        try
        {
            var hello = await requests.MoveNext(CancellationToken.None).WaitAsync(AgentProtocol.StepDeadline, time).ConfigureAwait(false)
                ? requests.Current.Hello
                : null;
            return hello is null ? throw Refusals.Malformed("The first message of a stream is Hello.")
                : Edge.Check(hello) is { } malformed ? throw malformed.ToRpcException()
                : hello;
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded,
                $"Hello did not come within {AgentProtocol.StepDeadline.TotalSeconds} s; try again."));
        }
    }

    private static FollowRequest ToFollow(Hello hello, OrganizationId organization, NodeId id, Bearer credential, ServerCallContext context) => new(
        organization,
        id,
        credential.Hash,
        hello.HaveRevision,
        hello.HaveRevision > 0 ? hello.HaveDigest.ToDigest() : 0,
        hello.AgentVersion,
        Caller.RemoteAddress(context)?.ToString() ?? "");

    internal static ValueList<Domain.Organizations.Endpoint> ReadEndpoints(
        IEnumerable<Contracts.Agent.V1.Endpoint> said, uint listenPort, ServerCallContext context)
    {
        try
        {
            return Endpoints.Read(said, listenPort, Caller.RemoteAddress(context));
        }
        catch (FormatException fault)
        {
            throw Refusals.Malformed(fault.Message);
        }
    }

    private static Task WelcomeAsync(
        IServerStreamWriter<EncodedMessage> replies, OrganizationId organization, Node node, long revision, ServerCallContext context) =>
        replies.WriteAsync(
            EncodedMessage.Of(new GatewayMessage
            {
                Welcome = new Welcome { Organization = organization.Value, NodeId = node.Id.ToWire(), Revision = revision },
            }),
            context.CancellationToken);

    private static Task GoAwayAsync(IServerStreamWriter<EncodedMessage> replies, Refusal reason, bool final) =>
        replies.WriteAsync(EncodedMessage.Of(AgentProtocol.GoAway(reason, final)));

    /// <summary>The same for an organization that is not there and for a credential that it does not know.</summary>
    private static Refusal UnknownCredential(OrganizationId organization) => new(RefusalCodes.CredentialInvalid,
        $"Organization '{organization}' knows no such credential; join again with a join URL.");

    /// <summary>A refusal waits for its operator; only what passes by itself is worth coming back for.</summary>
    private static bool IsFinal(Refusal reason) => reason.Code is not (RefusalCodes.Overloaded or RefusalCodes.Unavailable or RefusalCodes.OrganizationMoved);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} of organization {Organization} was turned away: {Code}.")]
    private partial void NotFollowed(NodeId node, OrganizationId organization, string code);

    [LoggerMessage(Level = LogLevel.Information, Message = "What node {Node} of organization {Organization} announces was refused: {Code}.")]
    private partial void NotAnnounced(NodeId node, OrganizationId organization, string code);
}

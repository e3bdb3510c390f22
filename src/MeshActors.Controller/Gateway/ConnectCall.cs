using Google.Protobuf;
using MeshActors.Cluster;
using MeshActors.Cluster.Membership;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Node = MeshActors.Domain.Organizations.Node;

namespace MeshActors.Controller.Gateway;

/// <summary>One agent's stream: credential, Hello, Announce, Welcome; then the map out and reports in, until one of them ends.</summary>
internal sealed class ConnectCall(
    IMesh mesh,
    KnownOrganizations organizations,
    TimeProvider time,
    ConnectedAgents connected,
    GatewayUrls gateways,
    AgentRefusals refusals)
{
    private static readonly Refusal NoCredential = new(RefusalCodes.CredentialInvalid,
        "The call carries no node credential; join again with a join URL.");

    private static readonly Refusal Stopping = new(AgentProtocol.Draining, "This controller is stopping; come back in a moment.");

    public async Task RunAsync(IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call)
    {
        try
        {
            await AnswerAsync(call).ConfigureAwait(false);
        }
        catch (CallRefusedException refused)
        {
            refusals.CallRefused(Doors.Stream, call.Origin.Peer, refused.Reason);
            throw;
        }
    }

    private async Task AnswerAsync(IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call)
    {
        var credential = call.Origin.FindBearer(Bearer.CredentialKind);
        if (credential is null || !NodeId.TryParse(credential.Id, out var id))
        {
            throw new CallRefusedException(NoCredential);
        }

        var hello = await FirstAsync(call).ConfigureAwait(false);
        if (connected.IsDraining)
        {
            await GoAwayAsync(call, Stopping, final: false).ConfigureAwait(false);
            return;
        }

        var organization = OrganizationId.Parse(credential.Scope);
        if (hello.Organization.Length > 0 && !organization.IsCalled(hello.Organization))
        {
            await TurnAwayAsync(call, organization, id, AgentProtocol.Mismatch(hello.Organization, organization)).ConfigureAwait(false);
            return;
        }

        if (!await organizations.ContainsAsync(organization, call.Aborted).ConfigureAwait(false))
        {
            await TurnAwayAsync(call, organization, id, UnknownCredential(organization)).ConfigureAwait(false);
            return;
        }

        switch (await mesh.FollowAsync(ToFollow(hello, organization, id, credential, call.Origin), call.Aborted).ConfigureAwait(false))
        {
            case FollowReply.Refused(var reason):
                await TurnAwayAsync(call, organization, id, reason).ConfigureAwait(false);
                break;
            case FollowReply.Following(var following, var known):
                await using (following.ConfigureAwait(false))
                {
                    await ServeAsync(following, known, hello, organization, id, call).ConfigureAwait(false);
                }

                break;
        }
    }

    private async Task ServeAsync(
        IFollowing following, Node known, Hello hello, OrganizationId organization, NodeId id, IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call)
    {
        var principal = new Principal(PrincipalKind.Node, id.ToString(), hello.Name);
        var endpoints = ReadEndpoints(hello.Endpoints, hello.ListenPort, call.Origin);
        var announce = new OrganizationCommand.Announce(
            id, hello.Name, hello.RequestedAddresses.ToValueList(), hello.Prefixes.ToValueList(), endpoints);
        if (following.IsKnown(announce))
        {
            await StreamAsync(following, known, following.Revision, organization, principal, null, call).ConfigureAwait(false);
            return;
        }

        Task<CommandReply> AnnounceAsync(CancellationToken token) =>
            mesh.ExecuteAsync(organization, announce, call.Origin.Meta(time, principal), token);
        switch (await ExceptAwayAsync(AnnounceAsync, call.Aborted).ConfigureAwait(false))
        {
            case null:
                var late = new LateAnnouncement(AnnounceAsync, time, call.Aborted);
                await using (late.ConfigureAwait(false))
                {
                    await StreamAsync(following, known, 0, organization, principal, late, call).ConfigureAwait(false);
                }

                break;
            case CommandReply.Done(var revision, { } node):
                await StreamAsync(following, node, revision, organization, principal, null, call).ConfigureAwait(false);
                break;
            case CommandReply.Refused(var reason):
                await TurnAwayAsync(call, organization, id, reason).ConfigureAwait(false);
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
        IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call)
    {
        using var stay = connected.Enter(organization);
        using var either = late is null ? null : CancellationTokenSource.CreateLinkedTokenSource(stay.Over, late.Refused);
        await WelcomeAsync(call, organization, node, revision).ConfigureAwait(false);
        var isCutShort = await new AgentStream(mesh, time, following, organization, node, principal, refusals)
            .RunAsync(call, either?.Token ?? stay.Over).ConfigureAwait(false);
        if (isCutShort && late?.Reason is { } refused && !call.Aborted.IsCancellationRequested)
        {
            await TurnAwayAsync(call, organization, node.Id, refused).ConfigureAwait(false);
        }
        else if (isCutShort && stay.Over.IsCancellationRequested && !call.Aborted.IsCancellationRequested)
        {
            await GoAwayAsync(call, Stopping, final: false).ConfigureAwait(false);
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

    private async Task<Hello> FirstAsync(IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call)
    {
        try
        {
            var first = await call.ReadAsync().WaitAsync(AgentProtocol.StepDeadline, time).ConfigureAwait(false);
            return first?.Hello is not { } hello ? throw CallRefusedException.Malformed("The first message of a stream is Hello.")
                : Edge.Check(hello) is { } malformed ? throw new CallRefusedException(malformed)
                : hello;
        }
        catch (TimeoutException)
        {
            throw new CallLateException($"Hello did not come within {AgentProtocol.StepDeadline.TotalSeconds} s; try again.");
        }
    }

    private static FollowRequest ToFollow(Hello hello, OrganizationId organization, NodeId id, Bearer credential, CallOrigin origin) => new(
        organization,
        id,
        credential.Hash,
        hello.HaveRevision,
        hello.HaveRevision > 0 ? hello.HaveDigest.ToDigest() : 0,
        hello.AgentVersion,
        origin.Peer,
        hello.Accepts.Contains(Packing.Brotli));

    internal static ValueList<Domain.Organizations.Endpoint> ReadEndpoints(
        IEnumerable<Contracts.Agent.V1.Endpoint> said, uint listenPort, CallOrigin origin)
    {
        try
        {
            return Endpoints.Read(said, listenPort, origin.Address);
        }
        catch (FormatException fault)
        {
            throw CallRefusedException.Malformed(fault.Message);
        }
    }

    private Task WelcomeAsync(
        IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call, OrganizationId organization, Node node, long revision) =>
        call.WriteAsync(new GatewayMessage
        {
            Welcome = new Welcome { Organization = organization.Value, NodeId = node.Id.ToWire(), Revision = revision, Gateways = { gateways.All } },
        }.ToByteArray());

    private Task TurnAwayAsync(IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call, OrganizationId organization, NodeId id, Refusal refusal)
    {
        var reason = organizations.OrNotYet(refusal);
        refusals.TurnedAway(id.ToString(), organization.Value, call.Origin.Peer, reason);
        return GoAwayAsync(call, reason, IsFinal(reason));
    }

    private static Task GoAwayAsync(IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call, Refusal reason, bool final) =>
        call.WriteAsync(AgentProtocol.GoAway(reason, final).ToByteArray());

    /// <summary>The same for an organization that is not there and for a credential that it does not know.</summary>
    private static Refusal UnknownCredential(OrganizationId organization) => new(RefusalCodes.CredentialInvalid,
        $"Organization '{organization}' knows no such credential; join again with a join URL.");

    /// <summary>A refusal waits for its operator; only what passes by itself is worth coming back for.</summary>
    private static bool IsFinal(Refusal reason) => reason.Code is not (RefusalCodes.Overloaded or RefusalCodes.Unavailable or RefusalCodes.OrganizationMoved);
}

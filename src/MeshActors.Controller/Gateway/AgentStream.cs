using MeshActors.Cluster;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using Endpoint = MeshActors.Domain.Organizations.Endpoint;
using Node = MeshActors.Domain.Organizations.Node;

namespace MeshActors.Controller.Gateway;

/// <summary>The two directions of one agent's stream. Whichever ends first ends the other.</summary>
internal sealed class AgentStream
{
    private readonly IMesh _mesh;
    private readonly TimeProvider _time;
    private readonly IFollowing _following;
    private readonly OrganizationId _organization;
    private readonly NodeId _node;
    private readonly Principal _principal;
    private readonly AgentRefusals _refusals;
    private ValueList<Endpoint> _stored;

    public AgentStream(
        IMesh mesh, TimeProvider time, IFollowing following, OrganizationId organization, Node node, Principal principal, AgentRefusals refusals)
    {
        _mesh = mesh;
        _time = time;
        _following = following;
        _organization = organization;
        _node = node.Id;
        _stored = node.Endpoints;
        _principal = principal;
        _refusals = refusals;
    }

    /// <param name="draining">Ends the stream early; the caller then says why.</param>
    /// <returns>True when the map's last message has not said why the stream ends.</returns>
    public async Task<bool> RunAsync(IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call, CancellationToken draining)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, draining, _following.Ended);
        var endpoints = new Paced<ValueList<Endpoint>>(
            AgentProtocol.ReportInterval, _time, (reported, token) => ReportAsync(reported, call.Origin, token), ending);
        var warnings = new Paced<ValueList<string>>(AgentProtocol.ReportInterval, _time, WarnAsync, ending);
        var reading = ReadAsync(call, endpoints, warnings);
        var writing = WriteAsync(call, ending.Token);
        var first = await Task.WhenAny(reading, writing).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);

        // Reading is not waited for: only the end of the call, which is next, ends it without aborting the stream.
        Observe(reading);
        await EndOrAbortAsync(Task.WhenAll(writing, endpoints.Running, warnings.Running), call).ConfigureAwait(false);
        await EndedAsync(first).ConfigureAwait(false);
        await EndedAsync(endpoints.Running).ConfigureAwait(false);
        return !_following.IsOver;
    }

    private async Task WriteAsync(IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call, CancellationToken ending)
    {
        var waking = ending.UnsafeRegister(static following => ((IFollowing)following!).Wake(), _following);
        await using (waking.ConfigureAwait(false))
        {
            while (!ending.IsCancellationRequested && !_following.IsOver)
            {
                if (_following.TryRead(out var message))
                {
                    await call.WriteAsync(message, _following.HasMore).ConfigureAwait(false);
                }
                else
                {
                    await _following.WaitAsync().ConfigureAwait(false);
                }
            }
        }
    }

    private async Task ReadAsync(
        IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call, Paced<ValueList<Endpoint>> endpoints, Paced<ValueList<string>> warnings)
    {
        while (await call.ReadAsync().ConfigureAwait(false) is { } message)
        {
            switch (message.MessageCase)
            {
                case AgentMessage.MessageOneofCase.Applied:
                    _following.Applied(message.Applied.Revision);
                    break;
                case AgentMessage.MessageOneofCase.Endpoints:
                    endpoints.Offer(ConnectCall.ReadEndpoints(message.Endpoints.Endpoints, message.Endpoints.ListenPort, call.Origin));
                    break;
                case AgentMessage.MessageOneofCase.Warnings:
                    warnings.Offer(Edge.Warnings(message.Warnings.Warnings));
                    break;
                case AgentMessage.MessageOneofCase.Hello:
                    throw CallRefusedException.Malformed("Hello is the first message of a stream, and only that; open another stream.");
                default:
                    // A newer agent may say more; this protocol's version does not need it.
                    break;
            }
        }
    }

    private Task<bool> WarnAsync(ValueList<string> warnings, CancellationToken ending)
    {
        _following.Warn(warnings);
        return Task.FromResult(true);
    }

    private async Task<bool> ReportAsync(ValueList<Endpoint> endpoints, CallOrigin origin, CancellationToken ending)
    {
        if (endpoints == _stored)
        {
            return true;
        }

        _following.ReportsEndpoints();
        try
        {
            var command = new OrganizationCommand.ReportEndpoints(_node, endpoints);
            var reply = await _mesh.ExecuteAsync(_organization, command, origin.Meta(_time, _principal), ending).ConfigureAwait(false);
            if (reply is CommandReply.Refused(var reason))
            {
                _refusals.EndpointsRefused(_node, _organization, origin.Peer, reason);
                return true;
            }

            _stored = endpoints;
            return true;
        }
        catch (MeshUnavailableException)
        {
            return false;
        }
    }

    /// <summary>A write to an agent that takes nothing ends with its connection alone.</summary>
    private async Task EndOrAbortAsync(Task writing, IAgentCall<AgentMessage, ReadOnlyMemory<byte>> call)
    {
        await writing.WaitAsync(AgentProtocol.LastWriteGrace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!writing.IsCompleted)
        {
            call.Abort();
        }

        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void Observe(Task task) =>
        task.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>A stream that was cut, or cancelled by its other half, has ended as streams do.</summary>
    private static async Task EndedAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
        }
    }
}

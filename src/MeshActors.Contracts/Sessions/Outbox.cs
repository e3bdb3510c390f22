using System.Threading.Channels;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.Contracts.Sessions;

/// <summary>What is to be said to the controller: only the newest of each kind, so that it never grows.</summary>
public sealed class Outbox
{
    private readonly Lock _gate = new();
    private readonly Channel<bool> _filled = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private AgentMessage? _applied;
    private AgentMessage? _endpoints;
    private AgentMessage? _warnings;
    private AgentMessage? _lastApplied;
    private AgentMessage? _lastWarnings;

    public void Put(Applied applied) => Put(ref _applied, _lastApplied = new AgentMessage { Applied = applied });

    public void Put(EndpointsReport endpoints) => Put(ref _endpoints, new AgentMessage { Endpoints = endpoints });

    public void Put(WarningsReport warnings) => Put(ref _warnings, _lastWarnings = new AgentMessage { Warnings = warnings });

    /// <summary>Says again what a new stream cannot know. The endpoints are in its greeting.</summary>
    public void Repeat()
    {
        if (_lastApplied is { } applied)
        {
            Put(ref _applied, applied);
        }

        if (_lastWarnings is { } warnings)
        {
            Put(ref _warnings, warnings);
        }
    }

    public async Task<AgentMessage> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            lock (_gate)
            {
                var message = Take(ref _applied) ?? Take(ref _endpoints) ?? Take(ref _warnings);
                if (message is not null)
                {
                    return message;
                }
            }

            _ = await _filled.Reader.ReadAsync(cancel).ConfigureAwait(false);
        }
    }

    private static AgentMessage? Take(ref AgentMessage? slot)
    {
        var message = slot;
        slot = null;
        return message;
    }

    private void Put(ref AgentMessage? slot, AgentMessage message)
    {
        lock (_gate)
        {
            slot = message;
            _filled.Writer.TryWrite(true);
        }
    }
}

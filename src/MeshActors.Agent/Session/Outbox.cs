using MeshActors.Contracts.Agent.V1;

namespace MeshActors.Agent.Session;

/// <summary>What is to be said to the controller: only the newest of each kind, so that it never grows.</summary>
internal sealed class Outbox
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _filled = new(0, 1);
    private AgentMessage? _applied;
    private AgentMessage? _endpoints;
    private AgentMessage? _warnings;

    public void Put(Applied applied) => Put(ref _applied, new AgentMessage { Applied = applied });

    public void Put(EndpointsReport endpoints) => Put(ref _endpoints, new AgentMessage { Endpoints = endpoints });

    public void Put(WarningsReport warnings) => Put(ref _warnings, new AgentMessage { Warnings = warnings });

    public async Task<AgentMessage> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            lock (_gate)
            {
                if (Take(ref _applied) ?? Take(ref _endpoints) ?? Take(ref _warnings) is { } message)
                {
                    return message;
                }
            }

            await _filled.WaitAsync(cancel);
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
            if (_filled.CurrentCount == 0)
            {
                _filled.Release();
            }
        }
    }
}

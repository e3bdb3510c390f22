using MeshActors.Agent.State;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Trust;

namespace MeshActors.Agent.Session;

/// <summary>Keeps the stream to a controller: takes the map, tells what is applied, comes back whenever it ends.</summary>
internal sealed class MapStream(
    Func<Hello> hello, MapHolder maps, Outbox outbox, Action<Welcome> welcomed, Action<Uri, bool, string?> report, TimeProvider time)
{
    /// <summary>A stream that ended sooner was no success: two machines with one credential end each other's at once.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private readonly Backoff _backoff = new();
    private readonly MapSession _session = new(maps.Map, outbox);

    /// <exception cref="RefusedException">The controller says no.</exception>
    public async Task RunAsync(Gateways gateways, Identity identity, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Uri server;
            try
            {
                server = await gateways.NextAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            string problem;
            var started = time.GetTimestamp();
            try
            {
                problem = await ConnectAsync(server, identity, stop);
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (ControllerRefusedException e)
            {
                throw new RefusedException(e.Code, e.Message);
            }
            catch (ControllerUnreachableException e)
            {
                problem = e.Message;
            }

            report(server, false, problem);
            if (time.GetElapsedTime(started) > StableAfter)
            {
                _backoff.Reset();
                gateways.Forget();
            }

            await Task.Delay(_backoff.Next(), time, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task<string> ConnectAsync(Uri server, Identity identity, CancellationToken stop)
    {
        var credential = new Bearer(Bearer.CredentialKind, identity.Organization!, identity.NodeId!, identity.CredentialSecret, null);
        await using var transport = new GrpcTransport(server, GrpcTransport.TrustOf(identity));
        return await _session.RunAsync(transport, credential, hello(), Welcomed, maps.Publish, stop);

        void Welcomed(Welcome welcome)
        {
            report(server, true, null);
            welcomed(welcome);
        }
    }
}

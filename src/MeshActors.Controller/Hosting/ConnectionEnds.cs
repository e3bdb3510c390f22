using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MeshActors.Controller.Hosting;

/// <summary>A stop waits for clients to let go of their connections, but not for one that does not.</summary>
internal static class ConnectionEnds
{
    /// <summary>For what is under way, and for a client that was told to come back to hang up. Entities move only then.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    public static ListenOptions EndWith(this ListenOptions listen, CancellationToken stopping)
    {
        listen.Use(next => async connection =>
        {
            using var ends = stopping.Register(() => _ = AbortAsync(connection));
            await next(connection).ConfigureAwait(false);
        });
        return listen;
    }

    private static async Task AbortAsync(ConnectionContext connection)
    {
        await Task.Delay(Grace, connection.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!connection.ConnectionClosed.IsCancellationRequested)
        {
            connection.Abort(new ConnectionAbortedException("This controller is stopping, and the client did not hang up."));
        }
    }
}

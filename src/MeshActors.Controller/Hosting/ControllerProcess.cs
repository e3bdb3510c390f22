using MeshActors.Controller.CommandLine;

namespace MeshActors.Controller.Hosting;

/// <summary>One run of <c>mesh-controller</c>, from the start to the signal that ends it.</summary>
internal static class ControllerProcess
{
    public static async Task RunAsync(ControllerOptions options, CancellationToken stopping)
    {
        var host = await ControllerHost.StartAsync(options, TimeProvider.System, stopping).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            await Console.Out.WriteLineAsync(await GreetingAsync(host, stopping).ConfigureAwait(false)).ConfigureAwait(false);
            await host.WaitForShutdownAsync(stopping).ConfigureAwait(false);
        }
    }

    private static async Task<string> GreetingAsync(ControllerHost host, CancellationToken stopping)
    {
        var files = host.Directory;
        if (host.IsFirstStart)
        {
            var url = (await File.ReadAllTextAsync(files.JoinUrl, stopping).ConfigureAwait(false)).Trim();
            return $"""
                mesh-controller is ready at {host.Url}
                Paste this line on each node to join organization 'default':

                    sudo meshd '{url}'

                Kept in {files.JoinUrl}; the admin token is in {files.AdminToken} (both readable by their owner only).
                """;
        }

        return $"""
            mesh-controller is ready at {host.Url}
            Join URL of organization 'default': {Place(files.JoinUrl)}. Admin token: {Place(files.AdminToken)}.
            """;
    }

    private static string Place(string file) => File.Exists(file) ? file : "not here; another controller made it, or it was taken away";
}

using System.Diagnostics;
using System.Globalization;
using MeshActors.Agent.Session;
using MeshActors.Contracts.Trust;
using MeshActors.Domain.Trust;

namespace MeshActors.Benchmarks.Load.Agents;

/// <summary>
/// Machines of one organization that join one after another, from a process of their own: beside a storm they share the
/// controller with it, as on the Internet, and not also the threads of the storm's own clients.
/// </summary>
internal sealed class QuietClient : IDisposable
{
    public const string Verb = "quiet-client";

    private readonly Process _process;

    /// <param name="joinKey">It goes through the process's input: an argument would show it to everyone.</param>
    public QuietClient(Uri controller, string joinKey)
    {
        _process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Verb]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _process.StandardInput.WriteLine($"{controller} {joinKey}");
    }

    /// <returns>Milliseconds of each.</returns>
    public async Task<Samples> JoinAsync(int count)
    {
        await _process.StandardInput.WriteLineAsync(count.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
        await _process.StandardInput.FlushAsync().ConfigureAwait(false);
        var answer = await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false)
            ?? throw new LoadFailedException("The quiet organization's process has ended: see above.");
        return new Samples(answer.Split(' ').Select(took => double.Parse(took, CultureInfo.InvariantCulture)));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>The process: each line of its input is how many are to join, and it ends when its input does.</summary>
    public static async Task<int> RunAsync()
    {
        if ((await Console.In.ReadLineAsync())?.Split(' ') is not [var controller, var joinKey]
            || !Bearer.TryParse(joinKey, Bearer.JoinKeyKind, out var key))
        {
            return 2;
        }

        var fleet = new Fleet();
        await using (fleet.ConfigureAwait(false))
        {
            var organization = new OrganizationUnderLoad(key.Scope, joinKey);
            var transport = new GrpcTransport(new Uri(controller), PinnedTrust.ByPin(key.Pin!));
            await using (transport.ConfigureAwait(false))
            {
                var joined = 0;
                while (await Console.In.ReadLineAsync() is { } line)
                {
                    var took = new List<string>();
                    for (var left = int.Parse(line, CultureInfo.InvariantCulture); left > 0; left--)
                    {
                        var agent = new SimulatedAgent(fleet, organization, joined++);
                        var request = agent.JoinRequest();
                        var began = Stopwatch.GetTimestamp();
                        await agent.JoinAsync(transport, request, CancellationToken.None);
                        took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture));
                    }

                    await Console.Out.WriteLineAsync(string.Join(' ', took));
                }
            }
        }

        return 0;
    }
}

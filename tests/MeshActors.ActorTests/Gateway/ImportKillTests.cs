using System.Diagnostics;
using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Trust;

namespace MeshActors.ActorTests.Gateway;

/// <summary>A controller that is killed while a journal comes in, at a random moment, and again: nothing is lost, nothing is twice.</summary>
public sealed class ImportKillTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<JournalRow> _rows = [.. JournalGenerator.Rows(15, 200, 20_000)];
    private readonly int _port = RunningController.FreePort();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_import_that_was_killed_and_run_again_ends_as_one_that_was_not()
    {
        var random = new Random(20_261_122);
        var held = 0L;
        for (var round = 0; round < 2; round++)
        {
            var kills = await StartAsync();
            var after = TimeSpan.FromMilliseconds(random.Next(0, 15));
            var last = random.Next((int)held, (int)held + (_rows.Count / 3));
            var stored = 0L;
            await Assert.ThrowsAnyAsync<RpcException>(() => ImportAsync(kills, revision =>
            {
                // Some are stored; then the process dies at any moment of what follows.
                if (stored <= last && revision > last)
                {
                    _ = Task.Delay(after).ContinueWith(_ => kills.Kill(), TaskScheduler.Default);
                }

                stored = revision;
                return true;
            }));
            await kills.WaitForExitAsync();
            kills.Dispose();
            Assert.InRange(stored, last, _rows.Count - 1);
            Assert.True(stored >= held, $"{stored} after {held}");
            held = stored;
        }

        using var whole = await StartAsync();
        var before = await ImportAsync(whole, _ => true);
        Assert.InRange(before, held, _rows.Count);
        using var channel = Channel();
        Rows.SameRows(_rows, await ImportCall.ExportAsync(new Admin.AdminClient(channel), Token(), "acme"));
        whole.Kill();
        await whole.WaitForExitAsync();
    }

    private async Task<long> ImportAsync(Process process, Func<long, bool> acknowledged)
    {
        Assert.False(process.HasExited);
        using var channel = Channel();
        return await ImportCall.RunAsync(new Admin.AdminClient(channel), Token(), _rows, acknowledged, atOnce: 100);
    }

    private async Task<Process> StartAsync()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "mesh-controller.dll"), "--data-dir", _directory.Path, "--listen", $"127.0.0.1:{_port}", "--no-default-org" },
        };
        if (TestJournal.OptionFor(_directory.Path) is { } database)
        {
            start.ArgumentList.Add("--database");
            start.ArgumentList.Add(database);
        }

        var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        Assert.Contains("ready at", await process.StandardOutput.ReadLineAsync(patience.Token), StringComparison.Ordinal);
        return process;
    }

    private Metadata Token() => RunningController.With(File.ReadAllText(_directory.File("admin.token")).Trim());

    private GrpcChannel Channel()
    {
        var token = File.ReadAllText(_directory.File("admin.token")).Trim();
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = PinnedTrust.ByPin(token[(token.LastIndexOf('.') + 1)..]) },
        };
        return GrpcChannel.ForAddress($"https://127.0.0.1:{_port}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }
}

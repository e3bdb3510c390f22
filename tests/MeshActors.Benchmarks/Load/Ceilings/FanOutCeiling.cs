using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Benchmarks.Load.Agents;
using MeshActors.Benchmarks.Load.Http2;
using MeshActors.Benchmarks.Load.Phases;
using MeshActors.Contracts.Trust;

namespace MeshActors.Benchmarks.Load.Ceilings;

/// <summary>The same bytes to as many streams from a process that does nothing else: once to silent agents, once to agents that acknowledge.</summary>
internal static class FanOutCeiling
{
    public const string Name = "fan-out";

    private const int ChangesAtOnce = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan WaveMax = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Stage stage)
    {
        var organization = stage.Organizations[0];
        var count = organization.Agents.Count;
        var message = organization.LastMessage;
        await stage.Fleet.CloseAsync();
        var silent = await MeasureAsync(stage, count, message, []);
        var acknowledged = await MeasureAsync(stage, count, message, organization.Agents[0].View.Acknowledgement);
        stage.Compare(Propagation.Name, Propagation.CpuFigure, silent.Calm.Cpu);
        stage.Compare(Bursts.Name, Bursts.CpuFigure, silent.Burst.Cpu);
        stage.Compare(Propagation.Name, Propagation.LastFigure, acknowledged.Calm.P99);
        Report(stage, "a lone message", "to silent agents", silent.Calm);
        Report(stage, "a lone message", "to agents that acknowledge", acknowledged.Calm);
        Report(stage, $"a message of {ChangesAtOnce}", "to silent agents", silent.Burst);
        Report(stage, $"a message of {ChangesAtOnce}", "to agents that acknowledge", acknowledged.Burst);
        await stage.ConnectAsync(stage.Options.Connections);
    }

    private static void Report(Stage stage, string what, string how, Cost cost)
    {
        stage.Report(new Figure(Name, $"bare gRPC, CPU for {what} {how}", cost.Cpu, "us"));
        stage.Report(new Figure(Name, $"bare gRPC, {what} {how} to the last, p99", cost.P99, "ms"));
    }

    private static async Task<(Cost Calm, Cost Burst)> MeasureAsync(Stage stage, int count, byte[] message, byte[] acknowledgement)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [BareGateway.Verb])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var said = (await process.StandardOutput.ReadLineAsync())?.Split(' ') ?? throw new LoadFailedException("The bare gRPC server does not start: see above.");
        var target = stage.Target(stage.Options.Connections) with
        {
            Address = new IPEndPoint(IPAddress.Loopback, int.Parse(said[0], CultureInfo.InvariantCulture)),
            Trust = (_, certificate, _, _) => certificate is X509Certificate2 shown && PinnedTrust.PinOf(shown) == said[1],
        };
        var links = Enumerable.Range(0, stage.Options.Connections).Select(_ => new Link(target)).ToList();
        var agents = new List<BareAgent>();
        stage.Progress.Begin($"{count:N0} streams of a bare gRPC server", count);
        for (var index = 0; index < count; index++)
        {
            var agent = new BareAgent(acknowledgement);
            (await links[index % links.Count].OpenAsync(CancellationToken.None)).Open(agent, BareGateway.ConnectPath, "Bearer none", [0]);
            agents.Add(agent);
            stage.Progress.Show(index);
        }

        await stage.UntilAsync(() => agents.TrueForAll(agent => agent.IsOpen), "bare streams do not open");
        await SendAsync(process, agents, message, ChangesAtOnce, 4);
        var calm = await SendAsync(process, agents, message, 1, stage.Options.Choose(200, 40));
        var burst = await SendAsync(process, agents, message, ChangesAtOnce, stage.Options.Choose(20, 6));
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        foreach (var link in links)
        {
            await link.DisposeAsync();
        }

        return (calm, burst);
    }

    private static async Task<Cost> SendAsync(Process process, List<BareAgent> agents, byte[] message, int atOnce, int times)
    {
        var took = new List<double>();
        process.Refresh();
        var cpu = process.TotalProcessorTime;
        for (var time = 0; time < times; time++)
        {
            var wave = new Wave(0, agents.Count * atOnce);
            agents.ForEach(agent => agent.Wave = wave);
            await process.StandardInput.WriteLineAsync($"{atOnce} {Convert.ToBase64String(message)}");
            await process.StandardInput.FlushAsync();
            await wave.Arrived.WaitAsync(WaveMax);
            took.Add(Stopwatch.GetElapsedTime(wave.Asked, wave.Last).TotalMilliseconds);
            await Task.Delay(Pause);
        }

        process.Refresh();
        return new Cost((process.TotalProcessorTime - cpu).TotalMicroseconds / times / atOnce / agents.Count, new Samples(took).Quantile(0.99));
    }

    /// <param name="Cpu">Microseconds for a message and stream.</param>
    /// <param name="P99">Milliseconds to the last stream.</param>
    private sealed record Cost(double Cpu, double P99);

    private sealed class BareAgent(byte[] acknowledgement) : HttpStream
    {
        public Wave? Wave { get; set; }

        public bool IsOpen { get; private set; }

        protected override void OnMessage(ReadOnlySpan<byte> message)
        {
            if (!IsOpen)
            {
                IsOpen = true;
                return;
            }

            if (acknowledgement.Length > 0)
            {
                Send(acknowledgement);
            }

            Wave?.Arrive(Stopwatch.GetTimestamp());
        }

        protected override void OnEnd(string reason)
        {
        }
    }
}

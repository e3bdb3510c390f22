using System.Globalization;

namespace MeshActors.Cli.Events;

/// <summary>How far a long run is, on one line of a terminal's standard error; nothing where no person looks.</summary>
/// <param name="verb">As "verified".</param>
internal sealed class Progress(Terminal terminal, string verb, Func<long, double?> share) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly long _started = terminal.Clock.GetTimestamp();
    private long _shown = terminal.Clock.GetTimestamp();
    private long _count;
    private int _width;

    public TimeSpan Elapsed => terminal.Clock.GetElapsedTime(_started);

    public long Count => _count;

    public double PerSecond => _count / Math.Max(Elapsed.TotalSeconds, 0.001);

    /// <param name="revision">Of the last one.</param>
    public async ValueTask AddAsync(int events, long revision)
    {
        _count += events;
        if (!terminal.ShowsProgress || terminal.Clock.GetElapsedTime(_shown) < Interval)
        {
            return;
        }

        _shown = terminal.Clock.GetTimestamp();
        var text = Text(share(revision));
        var line = "\r" + text.PadRight(_width);
        _width = text.Length;
        await terminal.Error.WriteAsync(line);
    }

    public async ValueTask DisposeAsync()
    {
        if (_width > 0)
        {
            await terminal.Error.WriteAsync($"\r{new string(' ', _width)}\r");
        }
    }

    private string Text(double? share)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{verb} {_count:N0} events, {PerSecond:N0} a second");
        return share is > 0 and var done
            ? string.Create(CultureInfo.InvariantCulture, $"{text}, {done:P0}, {Output.Moments.Span(Elapsed * ((1 - done) / done))} left; Ctrl-C stops")
            : text;
    }
}

using System.Diagnostics;
using System.Globalization;

namespace MeshActors.Benchmarks.Load;

/// <summary>How far a phase is: a bar on a terminal, else a line when a step begins. On the standard error, as the table is the output.</summary>
internal sealed class Progress(TextWriter to, bool isTerminal)
{
    private const int BarWidth = 30;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly long _started = Stopwatch.GetTimestamp();
    private string _step = "";
    private int _total;
    private long _shown;
    private int _width;

    /// <param name="total">Of what is counted; 0 where nothing is.</param>
    public void Begin(string step, int total = 0)
    {
        Clear();
        (_step, _total, _shown) = (step, total, 0);
        if (isTerminal)
        {
            Show(0);
        }
        else
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_started).TotalSeconds,6:0.0} s  {step}"));
        }
    }

    public void Show(int done)
    {
        if (!isTerminal || Stopwatch.GetElapsedTime(_shown) < Interval)
        {
            return;
        }

        _shown = Stopwatch.GetTimestamp();
        var text = _total == 0 ? _step : string.Create(CultureInfo.InvariantCulture,
            $"[{new string('#', Filled(done)),-BarWidth}] {_step}: {done:N0} of {_total:N0}");
        to.Write("\r" + text.PadRight(_width));
        _width = text.Length;
    }

    public void Clear()
    {
        if (_width > 0)
        {
            to.Write($"\r{new string(' ', _width)}\r");
            _width = 0;
        }
    }

    private int Filled(int done) => (int)(BarWidth * (double)Math.Min(done, _total) / _total);
}

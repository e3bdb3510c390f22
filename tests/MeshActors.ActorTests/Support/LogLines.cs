using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MeshActors.ActorTests.Support;

/// <summary>What a host logged.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = [];

    /// <summary>At warning and above.</summary>
    public IReadOnlyCollection<string> Lines => [.. _lines.Where(line => !line.StartsWith("Information:", StringComparison.Ordinal))];

    /// <summary>At information too, where the host's own levels let it through.</summary>
    public IReadOnlyCollection<string> All => _lines;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}

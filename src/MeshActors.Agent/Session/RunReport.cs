using System.Text.Json;
using MeshActors.Agent.State;
using MeshActors.Domain.Maps;

namespace MeshActors.Agent.Session;

/// <summary>Keeps what `meshd status` reads, and the cached map, on the disk: at most once a second.</summary>
internal sealed class RunReport(StateDirectory state, MapHolder maps, TimeProvider time, RunRecord first)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private RunRecord _record = first;
    private byte[] _written = [];
    private MeshMap _cached = maps.Map;
    private bool _hasFailed;

    /// <summary>Of the map as it is kept; 0 while none was written since the start.</summary>
    public long MapBytes { get; private set; }

    public RunRecord Current
    {
        get
        {
            lock (_gate)
            {
                return _record;
            }
        }
    }

    public void Change(Func<RunRecord, RunRecord> change)
    {
        lock (_gate)
        {
            _record = change(_record);
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                Save();
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            Save();
        }
    }

    private void Save()
    {
        var map = maps.Map;
        if (!ReferenceEquals(map, _cached))
        {
            _cached = map;
            MapBytes = MapCache.Write(state, map);
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes(Current, StateJson.Default.RunRecord);
        if (!bytes.AsSpan().SequenceEqual(_written))
        {
            Write(bytes);
        }
    }

    private void Write(byte[] bytes)
    {
        try
        {
            state.Write(RunRecord.File, bytes, durable: false);
            _written = bytes;
            _hasFailed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_hasFailed)
            {
                Log.Warn($"cannot write {state.PathOf(RunRecord.File)}: {e.Message} The mesh works; `meshd status` shows an older state.");
            }

            _hasFailed = true;
        }
    }
}

using MeshActors.Agent.Linux;
using MeshActors.Agent.Metrics;
using MeshActors.Agent.Session;
using MeshActors.Agent.State;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Wire = MeshActors.Contracts.Agent.V1;

namespace MeshActors.Agent;

/// <summary>One agent: joins when it has to, then keeps stream, host and state directory going until it is stopped.</summary>
internal sealed class Agent
{
    public const uint ProtocolVersion = 1;

    /// <summary>More than anybody runs; whoever controls a gateway does not fill this host's disk.</summary>
    private const int GatewaysMax = 32;

    private readonly Settings _settings;
    private readonly StateDirectory _state;
    private readonly KeyFile _key;
    private readonly Host _host;
    private readonly TimeProvider _time;
    private readonly MapHolder _maps = new();
    private readonly Outbox _outbox = new();
    private readonly ConfiguredEndpoints _configured;
    private readonly RunReport _report;
    private readonly Figures _figures = new();
    private Identity _identity;
    private ValueList<Endpoint> _endpoints;
    private Pass? _last;

    public Agent(Settings settings, StateDirectory state, TimeProvider time)
    {
        _settings = settings;
        _state = state;
        _time = time;
        _identity = Identities.ReadOrCreate(state, settings);
        _key = KeyFile.ReadOrCreate(state, mayCreate: !_identity.IsJoined);
        _host = new Host(state, settings.Interface);
        _configured = new ConfiguredEndpoints(settings.Endpoints, time);
        if (_identity.IsJoined)
        {
            _maps.Publish(MapCache.Read(state));
        }

        var now = time.GetUtcNow();
        _report = new RunReport(state, _maps, time, new RunRecord
        {
            Pid = Environment.ProcessId,
            Version = Version,
            Started = now,
            Since = now,
            Interface = settings.Interface,
            Server = _identity.Servers[0],
            Prefixes = [.. settings.Prefixes.Select(prefix => prefix.ToString())],
        });
    }

    public static string Version { get; } = typeof(Agent).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <exception cref="FatalException">With the sentence and the status to end with.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var seen = await _host.ObserveAsync();
        if (seen.Kernel.Device is null)
        {
            HostChecks.RequireFreePort(_settings.ListenPort);
        }

        _endpoints = LocalEndpoints.From(seen.Links, await _configured.GetAsync(), _settings.Prefixes, _settings.ListenPort);
        try
        {
            if (!_identity.IsJoined)
            {
                await JoinAsync(stop);
            }

            await RunJoinedAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped while it waited for the controller.
        }
        catch (RefusedException e) when (e.Code == RefusalCodes.NodeRemoved && _identity.IsJoined)
        {
            await LeaveAsync(e);
            throw;
        }
    }

    private async Task RunJoinedAsync(CancellationToken stop)
    {
        _maps.Self = NodeId.TryParse(_identity.NodeId, out var self) ? self : null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reconciler = new Reconciler(_host, _key.Public, _settings, _maps, _configured, _time, Done, _figures.PassFailed);
        var metrics = new MetricsSocket(
            _state, _settings.MetricsListen, () => _figures.ToText(_report.Current, _identity, _maps.Map.Nodes.Count, _report.MapBytes));
        Task[] parts = [reconciler.RunAsync(ending.Token), StreamAsync(ending.Token), _report.RunAsync(ending.Token), metrics.RunAsync(ending.Token)];
        try
        {
            await await Task.WhenAny(parts);
        }
        finally
        {
            _report.Change(record => record with { Pid = 0, Connected = false });
            await ending.CancelAsync();
            await Task.WhenAll(parts).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    /// <summary>Joins again, with the same key, when the controller does not know the credential and there is a join key.</summary>
    private async Task StreamAsync(CancellationToken stop)
    {
        var gateways = new Gateways(() => _identity.Reachable, (gateway, cancel) => Gateways.MeasureAsync(gateway, _time, cancel));
        var stream = new MapStream(Hello, _maps, _outbox, Welcomed, Report, _time);
        try
        {
            await stream.RunAsync(gateways, _identity, stop);
        }
        catch (RefusedException e) when (e.Code == RefusalCodes.CredentialInvalid && _settings.Target.JoinKey is not null)
        {
            Log.Warn("the controller does not know this node's credential; joining again with the join key.");
            await JoinAsync(stop);
            _maps.Self = NodeId.TryParse(_identity.NodeId, out var self) ? self : null;
            await new MapStream(Hello, _maps, _outbox, Welcomed, Report, _time).RunAsync(gateways, _identity, stop);
        }
    }

    private async Task JoinAsync(CancellationToken stop)
    {
        var joinKey = _settings.Target.JoinKey ?? throw new BadInputException(
            "this machine has not joined yet: give the join URL that the controller printed, or a join key with --join-key.");
        _ = Bearer.TryParse(joinKey, Bearer.JoinKeyKind, out var bearer);
        Log.Info($"joining organization {bearer?.Scope} at {_identity.Reachable[0].Authority} ...");
        var request = Joining.Request(_settings, _identity, _key, joinKey, _endpoints);
        var joined = await Joining.RunAsync(_identity.Reachable, _identity, _key, request, _time, stop);
        var identity = _identity with { Organization = joined.Organization, NodeId = joined.NodeId.ToNodeId().ToString() };
        Identities.Write(_state, identity);
        _identity = identity;
        Log.Info($"joined {joined.Organization} as {identity.Name} (node {identity.NodeId}).");
    }

    private Wire.Hello Hello() => new()
    {
        Protocol = ProtocolVersion,
        Name = _identity.Name,
        Prefixes = { _settings.Prefixes.Select(prefix => prefix.ToString()) },
        RequestedAddresses = { _settings.RequestedAddresses },
        Endpoints = { _endpoints.Select(endpoint => endpoint.ToWire()) },
        ListenPort = _settings.ListenPort,
        AgentVersion = Version,
        Organization = _settings.Organization,
    };

    // Kept for the next start: the one gateway of the join URL may be gone by then.
    private void Welcomed(Wire.Welcome welcome)
    {
        string[] told = [.. welcome.Gateways.Where(url => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps).Take(GatewaysMax)];
        if (told.Length == 0 || told.SequenceEqual(_identity.Gateways))
        {
            return;
        }

        _identity = _identity with { Gateways = told };
        try
        {
            Identities.Write(_state, _identity);
        }
        catch (HostCannotException e)
        {
            Log.Warn($"{e.Message} The other gateways are known until this agent ends.");
        }
    }

    private void Report(Uri server, bool connected, string? problem)
    {
        _report.Change(record => record with
        {
            Server = server.ToString(),
            Since = record.Connected == connected ? record.Since : _time.GetUtcNow(),
            Connected = connected,
            LastError = problem ?? record.LastError,
        });
        ConnectionLog.Tell(server, connected, problem);
        if (connected)
        {
            _figures.Connected();
        }
        else
        {
            _figures.Disconnected();
        }
    }

    private void Done(Pass pass)
    {
        var before = _last;
        _last = pass with { Plan = pass.Plan with { Changes = [] } };
        Passes.Log(before, pass);
        _figures.Passed(pass);
        if (pass.Failures.Count == 0 && (before?.Map != pass.Map || before.Failures.Count > 0))
        {
            _outbox.Put(new Wire.Applied { Revision = pass.Map.Revision, Digest = AgentMapping.DigestToWire(pass.Map.Digest) });
        }

        if (pass.Endpoints != _endpoints)
        {
            _endpoints = pass.Endpoints;
            _outbox.Put(new Wire.EndpointsReport { Endpoints = { _endpoints.Select(endpoint => endpoint.ToWire()) }, ListenPort = _settings.ListenPort });
        }

        if (!Passes.Warnings(pass).SequenceEqual(before is null ? [] : Passes.Warnings(before)))
        {
            _outbox.Put(new Wire.WarningsReport { Warnings = { Passes.Warnings(pass) } });
        }

        _report.Change(record => record with
        {
            Revision = _maps.Map.Revision,
            AppliedRevision = pass.Failures.Count == 0 ? pass.Map.Revision : record.AppliedRevision,
            Warnings = [.. pass.Plan.Warnings.Select(warning => new RunWarning(warning.Code, warning.Message))],
            Failures = [.. pass.Failures],
        });
    }

    /// <summary>Its peers do not know a removed node any more: it takes down what it made, and keeps who it was.</summary>
    private async Task LeaveAsync(RefusedException reason)
    {
        Log.Warn($"{reason.Message} Taking down {_settings.Interface} and its routes.");
        await _host.RemoveAllAsync();
        File.Delete(_state.PathOf(MapCache.File));
    }
}

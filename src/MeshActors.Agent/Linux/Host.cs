using MeshActors.Agent.State;
using MeshActors.Domain.DataPlane;

namespace MeshActors.Agent.Linux;

/// <param name="Links">All interfaces, for those who need more than the mesh's own.</param>
internal sealed record Observation(Observed Kernel, IReadOnlyList<LinkState> Links);

/// <summary>This host's data plane: read as a whole, changed step by step, put back on demand.</summary>
internal sealed class Host
{
    private readonly StateDirectory _state;
    private HostRecord _record;

    public Host(StateDirectory state, string device)
    {
        _state = state;
        _record = (state.Read(HostRecord.File, StateJson.Default.HostRecord, HostRecord.Remedy) ?? new HostRecord()) with { Interface = device };
        Device = device;
    }

    public string Device { get; }

    /// <summary>Tells meshd's interface from all others, also from another agent's.</summary>
    private string Mark => $"meshd:{_state.Root}";

    /// <exception cref="HostCannotException">The interface is someone else's.</exception>
    public async Task<Observation> ObserveAsync()
    {
        // Side by side: most of the time of each is the start of a process.
        var routing = Routes.ReadAsync(Device);
        var dockerV4 = Firewall.ReadAsync(v6: false, Device);
        var dockerV6 = Firewall.ReadAsync(v6: true, Device);
        var (links, device, addresses) = await ReadLinksAsync();
        var routes = await routing;
        var observed = new Observed(
            device,
            [.. addresses],
            routes.Own,
            routes.Other,
            routes.Foreign,
            Forwarding.IsOn(v6: false),
            Forwarding.IsOn(v6: true),
            await dockerV4,
            await dockerV6);
        return new Observation(observed, links);
    }

    private async Task<(IReadOnlyList<LinkState> Links, ObservedDevice? Device, IReadOnlyList<InterfaceAddress> Addresses)> ReadLinksAsync()
    {
        var links = await Links.ReadAsync();
        if (links.FirstOrDefault(candidate => candidate.Name == Device) is not { } link)
        {
            return (links, null, []);
        }

        await RequireOwnAsync(link);
        return (links, await WireGuard.ReadAsync(link), link.Addresses);
    }

    /// <returns>What failed; the rest is done, and what failed comes back with the next plan.</returns>
    public async Task<IReadOnlyList<string>> ApplyAsync(Plan plan)
    {
        var batch = new Batch(Device);
        foreach (var change in plan.Changes)
        {
            if (!batch.TryAdd(change))
            {
                await batch.FlushAsync();
                await ApplyAloneAsync(change, batch);
            }
        }

        await batch.FlushAsync();
        return batch.Failures;
    }

    /// <summary>Takes away all that meshd made on this host, and only that.</summary>
    public async Task RemoveAllAsync()
    {
        await RemoveRulesAsync(v6: false);
        await RemoveRulesAsync(v6: true);
        var link = (await Links.ReadAsync()).FirstOrDefault(candidate => candidate.Name == Device);
        if (link is not null && IsOwn(link))
        {
            await Links.RemoveAsync(Device);
        }

        await PutBackAsync(v6: false, _record.BeforeV4, _record.HadDockerV4);
        await PutBackAsync(v6: true, _record.BeforeV6, _record.HadDockerV6);
        Remember(new HostRecord { Interface = Device });
    }

    private async Task ApplyAloneAsync(Change change, Batch batch)
    {
        try
        {
            await (change switch
            {
                Change.CreateInterface => CreateAsync(),
                Change.SetDevice set => WireGuard.SetDeviceAsync(Device, set.ListenPort, _state.PathOf(KeyFile.File)),
                Change.EnableForwarding enable => EnableForwardingAsync(enable.V6),
                Change.AddDockerRule add => Firewall.AddAsync(add.Prefix, Device),
                Change.RemoveDockerRule remove => Firewall.RemoveAsync(remove.Prefix, Device),
                _ => throw new System.Diagnostics.UnreachableException(change.GetType().Name),
            });
        }
        catch (CommandFailedException e)
        {
            batch.Fail(e.Message);
        }
    }

    private async Task CreateAsync()
    {
        Remember(_record with { IsMaking = true });
        await Links.CreateAsync(Device, Mark);
        Remember(_record with { IsMaking = false });
    }

    private async Task EnableForwardingAsync(bool v6)
    {
        // Kept from the first time: what is there now may be meshd's own.
        if ((v6 ? _record.BeforeV6 : _record.BeforeV4) is null)
        {
            var before = Forwarding.Snapshot(v6);
            var hasDocker = await Firewall.ReadAsync(v6, Device) is not null;
            Remember(v6
                ? _record with { BeforeV6 = before, HadDockerV6 = hasDocker }
                : _record with { BeforeV4 = before, HadDockerV4 = hasDocker });
        }

        Forwarding.Enable(v6);
    }

    private async Task RemoveRulesAsync(bool v6)
    {
        foreach (var prefix in await Firewall.ReadAsync(v6, Device) ?? [])
        {
            await Firewall.RemoveAsync(prefix, Device);
        }
    }

    /// <summary>Docker, when it came later, needs forwarding as well: then it stays on.</summary>
    private async Task PutBackAsync(bool v6, IReadOnlyDictionary<string, string>? before, bool hadDocker)
    {
        if (before is not null && (hadDocker || await Firewall.ReadAsync(v6, Device) is null))
        {
            Forwarding.Restore(v6, before);
        }
    }

    private async Task RequireOwnAsync(LinkState link)
    {
        if (IsOwn(link))
        {
            return;
        }

        // Made, but the agent was killed before it could put its mark.
        if (_record.IsMaking && link.Kind is "wireguard" or "tun" && (await WireGuard.ReadAsync(link)).Key is null)
        {
            (await Command.RunAsync(["ip", "link", "set", "dev", Device, "alias", Mark])).OrThrow();
            return;
        }

        var owner = link.Alias.StartsWith("meshd:", StringComparison.Ordinal) ? $"belongs to the meshd of {link.Alias[6..]}" : "is not meshd's";
        throw new HostCannotException(
            $"interface {Device} {owner}: give another with --interface, or remove it with `ip link delete {Device}`.");
    }

    private bool IsOwn(LinkState link) => link.Alias == Mark;

    private void Remember(HostRecord record)
    {
        try
        {
            _state.Write(HostRecord.File, record, StateJson.Default.HostRecord);
            _record = record;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"cannot write {_state.PathOf(HostRecord.File)}, without which it could not be put back: {e.Message}");
        }
    }
}

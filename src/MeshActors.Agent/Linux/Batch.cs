using System.Text;
using MeshActors.Domain.DataPlane;

namespace MeshActors.Agent.Linux;

/// <summary>Gathers changes that one call of `ip` or `wg` can do, in their order.</summary>
internal sealed class Batch(string device)
{
    private readonly StringBuilder _ip = new();
    private readonly List<Change> _wg = [];
    private readonly List<string> _failures = [];

    public IReadOnlyList<string> Failures => _failures;

    public void Fail(string message) => _failures.Add(message);

    /// <returns>False when the change is one that goes alone.</returns>
    public bool TryAdd(Change change)
    {
        if (change is Change.SetPeer or Change.RemovePeer)
        {
            _wg.Add(change);
            return true;
        }

        if (Line(change) is not { } line)
        {
            return false;
        }

        // Routes and peers do not depend on each other: only addresses and `up` must be there before routes, and are.
        _ip.Append(line).Append('\n');
        return true;
    }

    public async Task FlushAsync()
    {
        try
        {
            if (_wg.Count > 0)
            {
                _failures.AddRange(await WireGuard.SetPeersAsync(device, _wg));
            }

            if (_ip.Length > 0)
            {
                // -force: one line that fails does not keep the others from being done.
                (await Command.RunAsync(["ip", "-force", "-batch", "-"], _ip.ToString())).OrThrow();
            }
        }
        catch (CommandFailedException e)
        {
            _failures.Add(e.Message);
        }

        _wg.Clear();
        _ip.Clear();
    }

    private string? Line(Change change) => change switch
    {
        Change.AddAddress add => $"address add {add.Address} dev {device}{(add.Address.IsV6 ? " nodad" : "")}",
        Change.RemoveAddress remove => $"address delete {remove.Address} dev {device}",
        Change.BringUp up => $"link set dev {device} mtu {up.Mtu} up",
        Change.AddRoute add => $"route add {add.Prefix} dev {device} proto {Routes.Protocol}",
        Change.RemoveRoute remove => $"route delete {remove.Prefix} dev {device} proto {Routes.Protocol}",
        _ => null,
    };
}

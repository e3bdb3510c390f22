using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday.Clients;

/// <summary>Child prefixes to claim: few enough that machines meet, of sizes that contain one another.</summary>
internal static class Wishes
{
    public static ValueList<Prefix> Any(Dice dice) =>
        Enumerable.Range(0, dice.Below(4)).Select(_ => One(dice)).Distinct().Order().ToValueList();

    private static Prefix One(Dice dice)
    {
        var (b, c) = (dice.Below(64), dice.Below(32) * 8);
        var text = dice.Below(10) switch
        {
            0 => $"10.{b}.0.0/16",
            1 => $"10.{b}.{c}.0/21",
            2 => $"fd00:{b:x}::/32",
            <= 4 => $"fd00:{b:x}:{c:x}::/48",
            _ => $"10.{b}.{c + dice.Below(8)}.0/24",
        };
        return Prefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);
    }
}

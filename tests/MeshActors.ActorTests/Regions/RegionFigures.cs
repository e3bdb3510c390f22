using System.Diagnostics;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Domain;
using Xunit.Abstractions;

namespace MeshActors.ActorTests.Regions;

/// <summary>
/// Commands and changes between regions through a proxy that holds each byte for 80 ms, each way. It prints, and judges only
/// that everything arrives; with MESH_MEASURE=1 it takes 100 of each.
/// </summary>
public sealed class RegionFigures(ITestOutputHelper output)
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(80);
    private static readonly int Count = Environment.GetEnvironmentVariable("MESH_MEASURE") == "1" ? 100 : 3;
    private static readonly OrganizationId Id = OrganizationId.Parse(TwoRegions.Organization);

    [Fact]
    public async Task Commands_and_changes_take_the_way_and_little_more()
    {
        await using var regions = await TwoRegions.StartAsync(Delay);
        using var atUs = await TwoRegions.ConnectAsync(regions.Us, await regions.JoinedAsync(regions.Us, "us"));
        using var atEu = await TwoRegions.ConnectAsync(regions.Eu, await regions.JoinedAsync(regions.Eu, "eu"));
        await atUs.NextAsync(message => message.Chunk is not null);
        await atEu.NextAsync(message => message.Chunk is not null);

        var commands = new List<TimeSpan>();
        var out1 = new List<TimeSpan>();
        var back = new List<TimeSpan>();
        for (var i = 0; i < Count; i++)
        {
            commands.Add(await ChangeAsync(regions, regions.Us, $"c{i}", null));
            out1.Add(await ChangeAsync(regions, regions.Eu, $"o{i}", atUs));
            back.Add(await ChangeAsync(regions, regions.Us, $"b{i}", atEu));
        }

        Print("a join at a gateway of us, of an organization of eu", commands);
        Print("a join at its home in eu, until an agent's stream in us has it", out1);
        Print("a join in us, until an agent's stream in eu has it", back);
        Assert.All(commands, took => Assert.True(took >= 2 * Delay, $"{took} is less than the way."));
    }

    /// <param name="seenBy">Null: until the command is answered.</param>
    private static async Task<TimeSpan> ChangeAsync(TwoRegions regions, RunningController at, string name, Machine.Stream? seenBy)
    {
        var key = regions.Eu.JoinKey;
        var join = Some.Join(name) with { JoinKeyId = key.Id, Presented = key.Hash };
        var began = Stopwatch.GetTimestamp();
        var answered = at.Get<IMesh>().ExecuteAsync(Id, join, Some.Meta(), default);
        if (seenBy is not null)
        {
            await seenBy.NextAsync(message => message.Delta?.Upserts.Any(node => node.Name == name) == true);
        }
        else
        {
            Assert.IsType<CommandReply.Done>(await answered);
        }

        var took = Stopwatch.GetElapsedTime(began);
        Assert.IsType<CommandReply.Done>(await answered);
        return took;
    }

    private void Print(string what, List<TimeSpan> taken)
    {
        var sorted = taken.Order().ToList();
        output.WriteLine($"{what}: p50 {sorted[sorted.Count / 2].TotalMilliseconds:0} ms, p99 {sorted[sorted.Count * 99 / 100].TotalMilliseconds:0} ms ({sorted.Count})");
    }
}

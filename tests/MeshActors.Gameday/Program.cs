using System.CommandLine;
using System.Globalization;
using MeshActors.Domain;
using MeshActors.Gameday;
using MeshActors.Gameday.Drills;
using MeshActors.Gameday.Sites;
using MeshActors.UnitTests.Simulation;

var seed = new Option<ulong>("--seed") { Description = "Of the first schedule; each has its own, one more than the last", DefaultValueFactory = _ => 1 };
var schedules = new Option<int>("--schedules") { Description = "How many", DefaultValueFactory = _ => 10 };
var disk = new Option<int?>("--disk") { Description = "How many of a full disk under SQLite come after them [default: one for 25, at least one for 2]" };
var kept = new Option<FileInfo?>("--kept") { Description = "A file of seeds that run first, one a line; # begins a comment" };
var config = new Option<FileInfo>("--config")
{
    Description = "Akka's settings of the controllers",
    DefaultValueFactory = _ => new FileInfo(Path.Combine(Requirements.Root, "hocon", "failover-fast.conf")),
}.AcceptExistingOnly();
var keep = new Option<bool>("--keep") { Description = "Keep the controllers' logs when all is well" };
var untilFailed = new Option<bool>("--until-failed") { Description = "End with the first schedule that fails" };
var plan = new Option<bool>("--plan") { Description = "Only say what each seed would do" };
var command = new RootCommand("Breaks a cluster of three controllers again and again, and judges it each time.") { seed, schedules, disk, config, kept, keep, untilFailed, plan };
command.SetAction(async (parsed, _) =>
{
    var (first, count) = (parsed.GetValue(seed), parsed.GetValue(schedules));
    var diskCount = parsed.GetValue(disk) ?? (count < 2 ? 0 : (count + 24) / 25);
    var options = new GamedayOptions(
        [.. await KeptAsync(parsed.GetValue(kept)), .. From(first, count)], [.. From(first, diskCount)], parsed.GetRequiredValue(config).FullName, parsed.GetValue(keep), parsed.GetValue(untilFailed));
    if (parsed.GetValue(plan))
    {
        foreach (var one in options.Seeds)
        {
            await Console.Out.WriteLineAsync($"{one}: {string.Join(", ", Fault.Plan(new Dice(one), (ClusterSite)null!).Select(step => $"{step.At.TotalSeconds:0.0} s {step.Name}"))}");
        }

        return 0;
    }

    return await new Gameday(options, new Report(Console.Out)).RunAsync() ? 0 : 1;
});

var rate = new Option<int>("--rate") { Description = "Joins a second, over all organizations", DefaultValueFactory = _ => 200 };
var organizations = new Option<int>("--organizations") { Description = "That they join", DefaultValueFactory = _ => 25 };
var nodes = new Option<int>("--nodes") { Description = "That each of them has before, of an imported journal" };
nodes.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is < 0 or > Limits.NodesMax)
    {
        result.AddError($"--nodes is 0 to {Limits.NodesMax:N0}: no organization holds more.");
    }
});
var agents = new Option<int>("--agents") { Description = "That follow their organizations meanwhile", DefaultValueFactory = _ => 50 };
var rounds = new Option<int>("--rounds") { Description = "How often", DefaultValueFactory = _ => 20 };
foreach (var (name, what, run) in new (string, string, Func<Drill, Task<bool>>)[]
{
    ("kill", "Measures for how long joins wait when a controller is killed, the oldest in each second round.", drill => drill.KillAsync()),
    ("leave", "Measures the same when one is told to end.", drill => drill.LeaveAsync()),
    ("roll", "Restarts all three in turn, and counts what the agents are sent.", drill => drill.RollAsync()),
})
{
    var drill = new System.CommandLine.Command(name, what) { config, rate, organizations, nodes, agents, rounds };
    drill.SetAction(async (parsed, _) => await run(new Drill(new DrillOptions(
        parsed.GetRequiredValue(config).FullName, parsed.GetValue(rate), parsed.GetValue(organizations), parsed.GetValue(nodes), parsed.GetValue(agents), parsed.GetValue(rounds)))) ? 0 : 1);
    command.Add(drill);
}

var packets = new System.CommandLine.Command("packets", "Counts packets of a real WireGuard tunnel while controllers are killed, return and are restarted.") { config };
packets.SetAction(async (parsed, _) => await new PacketDrill(parsed.GetRequiredValue(config).FullName).RunAsync() ? 0 : 1);
command.Add(packets);

return await command.Parse(args).InvokeAsync();

static IEnumerable<ulong> From(ulong first, int count) => Enumerable.Range(0, count).Select(number => first + (ulong)number);

static async Task<IEnumerable<ulong>> KeptAsync(FileInfo? file) => file is null
    ? []
    : (await File.ReadAllLinesAsync(file.FullName))
        .Select(line => line.Split('#')[0].Trim())
        .Where(line => line.Length > 0)
        .Select(line => ulong.Parse(line, CultureInfo.InvariantCulture));

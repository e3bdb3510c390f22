using System.CommandLine;
using MeshActors.Gameday;

var seed = new Option<ulong>("--seed") { Description = "Of the first schedule; each has its own, one more than the last", DefaultValueFactory = _ => 1 };
var schedules = new Option<int>("--schedules") { Description = "How many", DefaultValueFactory = _ => 10 };
var keep = new Option<bool>("--keep") { Description = "Keep the controllers' logs when all is well" };
var command = new RootCommand("Breaks a cluster of three controllers again and again, and judges it each time.") { seed, schedules, keep };
command.SetAction(async (parsed, _) =>
{
    var options = new GamedayOptions(parsed.GetValue(seed), parsed.GetValue(schedules), parsed.GetValue(keep));
    return await new Gameday(options, new Report(Console.Out)).RunAsync() ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();

using System.CommandLine;
using MeshActors.Agent;
using MeshActors.Agent.CommandLine;
using MeshActors.Agent.Linux;
using MeshActors.Agent.State;
using Command = System.CommandLine.Command;

var options = new Options();
var json = new Option<bool>("--json") { Description = "For programs." };
var root = new RootCommand("Keeps this machine in a WireGuard mesh.");
options.AddTo(root, isRouter: false);
root.SetAction((parsed, _) => RunCommand.RunAsync(SettingsReader.Read(parsed, options, isRouter: false)));

var router = new Command("router", "Keeps this machine in the mesh as the way to the networks behind it.");
options.AddTo(router, isRouter: true);
router.SetAction((parsed, _) => RunCommand.RunAsync(SettingsReader.Read(parsed, options, isRouter: true)));

var status = new Command("status", "Tells how this node and each of its peers are, and why.") { options.StateDir, json };
status.SetAction((parsed, _) => StatusCommand.RunAsync(StateDir(parsed), parsed.GetValue(json)));

var down = new Command("down", "Stops the agent and takes away all that it made on this host.") { options.StateDir, options.Interface };
down.SetAction((parsed, _) => DownCommand.RunAsync(StateDir(parsed), parsed.GetValue(options.Interface)));

root.Add(router);
root.Add(status);
root.Add(down);

var result = root.Parse(args);
if (result.Errors.Count > 0)
{
    foreach (var error in result.Errors)
    {
        Log.Error(error.Message);
    }

    Log.Info("`meshd --help` shows how to use it.");
    return ExitStatus.BadInput;
}

try
{
    // The commands handle signals themselves: their own clean-up decides when they end.
    return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (FatalException e)
{
    Log.Error(e.Message);
    return e.Status;
}
catch (CommandFailedException e)
{
    Log.Error(e.Message);
    return ExitStatus.HostCannot;
}

string StateDir(ParseResult parsed) => parsed.GetValue(options.StateDir) ?? StateDirectory.Default;

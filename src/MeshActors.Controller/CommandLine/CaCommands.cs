using System.CommandLine;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.DataDirectory;
using MeshActors.Controller.Hosting;
using MeshActors.Controller.Trust;

namespace MeshActors.Controller.CommandLine;

/// <summary><c>mesh-controller ca</c>: the one CA of a mesh's controllers, and certificates for hosts that come over Akka remoting.</summary>
internal static class CaCommands
{
    private const int DaysDefault = 365;
    private const int DaysMax = 3650;

    private static readonly Argument<string> Directory = new("DIR") { Description = "Where ca.pem and ca.key are" };

    private static readonly Option<string> Agent = new("--agent")
    {
        HelpName = "NAME",
        Required = true,
        Description = "The host that will hold it: letters, digits, dots and hyphens",
    };

    private static readonly Option<string> Out = new("--out")
    {
        HelpName = "FILE",
        Required = true,
        Description = "Gets certificate and key, mode 0600; an existing file is kept",
    };

    private static readonly Option<int> Days = new("--days")
    {
        HelpName = "N",
        Description = $"How long it is valid, {DaysMax} at most",
        DefaultValueFactory = _ => DaysDefault,
    };

    public static Command Create() => new("ca", "The CA that all controllers of a mesh share, and what it signs.") { NewCa(), Issue() };

    private static Command NewCa()
    {
        var command = new Command("create", "Makes a CA. Copy ca.pem and ca.key to a directory of each controller, and name it there with --ca-dir.") { Directory };
        command.SetAction((parsed, _) => ControllerCommand.GuardAsync(() =>
        {
            var directory = Path.GetFullPath(parsed.GetRequiredValue(Directory));
            if (File.Exists(Path.Combine(directory, "ca.pem")))
            {
                throw StartException.Input($"{directory} has a CA. Every agent and controller of its mesh trusts it, so it is not made anew.");
            }

            using var held = DataDir.Open(directory);
            using var authority = CertificateAuthority.Open(held, TimeProvider.System.GetUtcNow());
            return Console.Out.WriteLineAsync($"Made {held.CaCertificate} and {held.CaKey}.");
        }));
        return command;
    }

    private static Command Issue()
    {
        var command = new Command("issue", "Issues a certificate to a .NET host that follows its organization over Akka remoting.") { Directory, Agent, Out, Days };
        command.SetAction((parsed, _) => ControllerCommand.GuardAsync(() =>
        {
            var (name, file, days) = (parsed.GetRequiredValue(Agent), Path.GetFullPath(parsed.GetRequiredValue(Out)), parsed.GetValue(Days));
            Check(name, file, days);
            var directory = Path.GetFullPath(parsed.GetRequiredValue(Directory));
            using var authority = CertificateAuthority.OpenShared(directory, TimeProvider.System.GetUtcNow());
            DurableFile.WriteSecret(file, PeerCertificate.Issue(
                authority, new PeerName(PeerRole.Agent, name), TimeSpan.FromDays(days), TimeProvider.System.GetUtcNow()));
            return Console.Out.WriteLineAsync($"Wrote {file}, for '{name}', valid for {days} days. The host also needs {Path.Combine(directory, "ca.pem")}.");
        }));
        return command;
    }

    private static void Check(string name, string file, int days)
    {
        var fault = !PeerName.IsValidName(name) ? $"--agent '{name}' is no name: letters, digits, dots and hyphens, {PeerName.NameLengthMax} at most."
            : File.Exists(file) ? $"--out {file} exists; name another file, or take it away first."
            : days is < 1 or > DaysMax ? $"--days {days} is not within 1 and {DaysMax}."
            : null;
        if (fault is not null)
        {
            throw StartException.Input(fault);
        }
    }
}

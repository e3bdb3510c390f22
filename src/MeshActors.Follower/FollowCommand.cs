using System.CommandLine;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain;
using MeshActors.Remoting;

namespace MeshActors.Follower;

/// <summary><c>mesh-follower</c>: a node without WireGuard, over Akka remoting, that prints its organization's map.</summary>
internal static class FollowCommand
{
    private static readonly Argument<string?> Target = new("URL-OR-KEY")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "The join URL or key; not needed once joined [env: MESH_FOLLOWER_KEY, which other users of this host cannot see]",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("MESH_FOLLOWER_KEY") is { Length: > 0 } key ? key : null,
    };

    private static readonly Option<string> Edge = new("--edge")
    {
        HelpName = "HOST:PORT",
        Required = true,
        Description = "The controller's --edge-listen, by the name that it advertises",
    };

    private static readonly Option<string> Certificate = new("--certificate")
    {
        HelpName = "FILE",
        Required = true,
        Description = "This host's certificate and key, of `mesh-controller ca issue`",
    };

    private static readonly Option<string> Ca = new("--ca")
    {
        HelpName = "FILE",
        Required = true,
        Description = "The mesh's ca.pem",
    };

    private static readonly Option<string?> Name = new("--name")
    {
        HelpName = "NAME",
        Description = "The node's name [default: the host's]",
    };

    private static readonly Option<string[]> ChildPrefix = new("--child-prefix")
    {
        HelpName = "CIDR",
        Description = "A network behind this node; by comma or repeated",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string> StateDir = new("--state-dir")
    {
        HelpName = "DIR",
        Description = "Key, credential, map",
        DefaultValueFactory = _ => "/var/lib/mesh-follower",
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "The whole map as one line of JSON each time",
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("""
            Joins an organization over Akka remoting, and prints its map at each revision, until it is stopped.
            Exit status: 0 stopped cleanly; 2 bad usage or input; 3 refused by the controller; 4 the host cannot do it.
            """)
        {
            Target, Edge, Certificate, Ca, Name, ChildPrefix, StateDir, Json,
        };
        root.SetAction((parsed, stop) => GuardAsync(() => FollowAsync(Read(parsed), stop)));
        var result = root.Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
            {
                Say(error.Message);
            }

            return ExitStatus.BadInput;
        }

        return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    private static async Task FollowAsync(FollowSettings settings, CancellationToken stop)
    {
        var state = new FollowerState(settings.StateDir);
        await using var transport = EdgeTransport.Start(new EdgeOptions(settings.Host, settings.Port, settings.Certificate, settings.Authority));
        var identity = await IdentityAsync(settings, state, transport, stop);
        var shown = state.ReadMap();
        var follower = new MeshFollower(transport, identity, shown)
        {
            Prefixes = settings.Prefixes.ToValueList(),
            Version = typeof(FollowCommand).Assembly.GetName().Version?.ToString(3) ?? "",
            Report = (connected, problem) => Say(connected ? $"connected to {settings}." : $"not connected to {settings}: {problem} Trying again."),
        };
        await foreach (var map in follower.FollowAsync(stop))
        {
            await Console.Out.WriteLineAsync(settings.IsJson ? MapText.Json(map) : MapText.Changes(shown, map));
            state.Write(map);
            follower.Applied(map);
            shown = map;
        }
    }

    /// <summary>Stored before the join and after it: a join that was cut short is repeated by the next start.</summary>
    private static async Task<NodeIdentity> IdentityAsync(
        FollowSettings settings, FollowerState state, EdgeTransport transport, CancellationToken stop)
    {
        var identity = state.ReadIdentity() ?? NodeIdentity.Create(settings.Name ?? Environment.MachineName.Split('.')[0]);
        if (identity.IsJoined)
        {
            return identity;
        }

        var key = settings.JoinKey ?? throw new FatalException(ExitStatus.BadInput, "this host has not joined yet: give the join URL that the controller printed.");
        state.Write(identity);
        identity = await MeshFollower.JoinAsync(
            transport, identity, key, settings.Prefixes, stop, problem => Say($"cannot join yet: {problem} Trying again."));
        state.Write(identity);
        Say($"joined {identity.Organization} as {identity}.");
        return identity;
    }

    private static FollowSettings Read(ParseResult parsed) => FollowSettings.Read(
        parsed.GetValue(Target),
        parsed.GetRequiredValue(Edge),
        parsed.GetRequiredValue(Certificate),
        parsed.GetRequiredValue(Ca),
        parsed.GetValue(Name),
        [.. parsed.GetRequiredValue(ChildPrefix).SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        parsed.GetRequiredValue(StateDir),
        parsed.GetValue(Json));

    private static async Task<int> GuardAsync(Func<Task> run)
    {
        try
        {
            await run();
            return ExitStatus.Stopped;
        }
        catch (OperationCanceledException)
        {
            return ExitStatus.Stopped;
        }
        catch (FatalException e)
        {
            Say(e.Message);
            return e.Status;
        }
        catch (ControllerRefusedException e)
        {
            Say($"refused: {e.Code}: {e.Message}");
            return ExitStatus.Refused;
        }
        catch (ControllerUnreachableException e)
        {
            Say($"refused: controller-untrusted: {e.Message}");
            return ExitStatus.Refused;
        }
    }

    private static void Say(string message) => Console.Error.WriteLine($"mesh-follower: {message.ReplaceLineEndings(" ")}");
}

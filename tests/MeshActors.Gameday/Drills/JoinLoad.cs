using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Trust;
using MeshActors.Domain;
using MeshActors.Gameday.Clients;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday.Drills;

/// <param name="From">The time of day, to be found in the controllers' logs.</param>
internal sealed record Gap(string Organization, DateTimeOffset From, TimeSpan Length)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length.TotalSeconds:0.00} s ({Organization}, from {From:HH:mm:ss.f})");
}

/// <summary>New machines join several organizations at a steady rate, at any gateway, and each tries again as an agent does.</summary>
internal sealed class JoinLoad(Gateways gateways, IReadOnlyList<Team> teams, int perSecond, ulong seed)
{
    /// <summary>Longer than any outage that is expected; a join that needs longer has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>As long as a gateway tries: a shorter one leaves it with the work of callers who have gone.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

    /// <summary>An organization whose controller has just died answers for no longer than its last replies are under way.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(2.5);

    /// <summary>Between two answers of one organization while all is well.</summary>
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, ConcurrentQueue<TimeSpan>> _successes = [];
    private readonly ConcurrentQueue<(string Organization, NodeId Node, PublicKey Key)> _joined = [];
    private readonly ConcurrentBag<Task> _running = [];
    private readonly Dice _dice = new(seed);
    private readonly DateTimeOffset _startedAt = TimeProvider.System.GetUtcNow();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _failed;

    public TimeSpan Now => _clock.Elapsed;

    public int Failed => _failed;

    public IReadOnlyCollection<(string Organization, NodeId Node, PublicKey Key)> Joined => _joined;

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Tick);
        for (var begun = 0; !stop.IsCancellationRequested;)
        {
            for (var due = (int)(_clock.Elapsed.TotalSeconds * perSecond); begun < due; begun++)
            {
                _running.Add(JoinAsync(teams[begun % teams.Count], Identity.New()));
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(_running);
    }

    /// <summary>Of each organization the longest time after that moment in which no join was answered, the longest of all first.</summary>
    public IReadOnlyList<Gap> LongestGapsSince(TimeSpan moment)
    {
        var now = _clock.Elapsed;
        return [.. teams.Select(team => Gaps(team, moment, now).MaxBy(gap => gap.Length)!).OrderByDescending(gap => gap.Length)];
    }

    private IEnumerable<Gap> Gaps(Team team, TimeSpan from, TimeSpan to)
    {
        foreach (var time in Answers(team).Where(time => time > from && time < to).Order().Append(to))
        {
            yield return new Gap(team.Name, _startedAt + from, time - from);
            from = time;
        }
    }

    /// <summary>Returns when every organization has answered joins without a pause for a while.</summary>
    /// <exception cref="TimeoutException">That does not come.</exception>
    public async Task FlowsAsync(TimeSpan patience)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(Tick))
        {
            var now = _clock.Elapsed;
            if (clock.Elapsed > Steady && LongestGapsSince(now - Steady)[0].Length < PauseMax)
            {
                return;
            }

            if (clock.Elapsed > patience)
            {
                throw new TimeoutException($"Joins are not answered everywhere after {patience.TotalSeconds:0} s.");
            }
        }
    }

    private IEnumerable<TimeSpan> Answers(Team team) => _successes.GetValueOrDefault(team.Name) ?? Enumerable.Empty<TimeSpan>();

    /// <summary>One machine more, which then follows its organization. Null when it could not join.</summary>
    public async Task<SteadyAgent?> EnrollAsync(Team team, Gateways at, Dice dice)
    {
        var identity = Identity.New();
        return await JoinAsync(team, identity) is { } node ? new SteadyAgent(at, team.Name, node, identity, dice) : null;
    }

    private async Task<NodeId?> JoinAsync(Team team, Identity identity)
    {
        var request = new JoinRequest
        {
            Protocol = 1,
            JoinKey = team.JoinKey,
            Name = $"m{identity.Key.ToString()[..6].ToLowerInvariant().Replace('+', '0').Replace('/', '0')}",
            PublicKey = identity.Key.ToWire(),
            CredentialHash = ByteString.CopyFrom(identity.Credential.ToBytes()),
            ListenPort = 51820,
            AgentVersion = "drill",
        };
        var began = _clock.Elapsed;
        while (_clock.Elapsed - began < Patience)
        {
            if (await TryAsync(request, identity) is { } node)
            {
                _joined.Enqueue((team.Name, node, identity.Key));
                _successes.GetOrAdd(team.Name, static _ => []).Enqueue(_clock.Elapsed);
                return node;
            }

            await Task.Delay(100 + _dice.Below(200));
        }

        Interlocked.Increment(ref _failed);
        return null;
    }

    private async Task<NodeId?> TryAsync(JoinRequest request, Identity identity)
    {
        try
        {
            using var call = gateways.Agents(_dice.Below(gateways.Count)).Join(
                deadline: TimeProvider.System.GetUtcNow().Add(CallTimeout).UtcDateTime);
            await call.RequestStream.WriteAsync(new JoinStep { Request = request });
            while (await call.ResponseStream.MoveNext())
            {
                var step = call.ResponseStream.Current;
                if (step.Reply is { } reply)
                {
                    return reply.Joined?.NodeId.ToNodeId();
                }

                var proof = PossessionProof.Answer(request, step.Challenge, identity.PrivateKey);
                await call.RequestStream.WriteAsync(new JoinStep { Proof = new JoinProof { Proof = ByteString.CopyFrom(proof) } });
            }
        }
        catch (Exception)
        {
            // However a call breaks, its outcome is unknown: the same is asked again, elsewhere.
        }

        return null;
    }
}

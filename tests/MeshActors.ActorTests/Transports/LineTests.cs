using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using MeshActors.Contracts.Edge.V1;
using MeshActors.Remoting.Calls;
using Microsoft.Extensions.Time.Testing;

namespace MeshActors.ActorTests.Transports;

/// <summary>What the edge and its agents keep up over a remoting that loses messages and keeps nobody waiting.</summary>
[SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Lines end with the test.")]
public sealed class LineTests : TestKit
{
    private const int MessageMax = 1024 * 1024;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task What_is_sent_to_a_peer_that_takes_nothing_is_a_window_and_no_more()
    {
        var peer = CreateTestProbe();
        var line = new Line(ActorRefs.Nobody, MessageMax, _time);
        line.Open(peer);
        var sending = Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => line.SendAsync(new byte[1000], CancellationToken.None)));
        var bytes = 0L;
        while (await peer.TryReceiveOneAsync(TimeSpan.FromMilliseconds(300)) is (true, { Message: Piece piece }))
        {
            bytes += piece.Data.Length + Line.PieceCost;
        }

        Assert.False(sending.IsCompleted);
        Assert.InRange(bytes, Line.WindowCost - 2000, Line.WindowCost);

        line.Hear(new Taken { Cost = (ulong)bytes });
        Assert.IsType<Piece>((await peer.ReceiveOneAsync(TimeSpan.FromSeconds(3))));
        line.Break("enough");
        await Assert.ThrowsAsync<IOException>(() => sending);
    }

    [Fact]
    public async Task A_long_message_comes_whole_in_pieces_of_half_a_frame()
    {
        var (from, to) = await PairAsync();
        var message = new byte[200_000];
        new Random(1).NextBytes(message);
        var sending = from.SendAsync(message, CancellationToken.None);
        var read = await to.ReadAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        await sending;

        Assert.Equal(message, read!.Value.ToArray());
    }

    [Fact]
    public async Task A_lost_piece_and_a_peer_that_sends_more_than_it_may_break_the_line()
    {
        var lossy = new Line(ActorRefs.Nobody, MessageMax, _time);
        lossy.Hear(Piece(1, 10));
        lossy.Hear(Piece(3, 10));
        Assert.NotNull(await lossy.ReadAsync(CancellationToken.None));
        Assert.Contains("lost", (await Assert.ThrowsAsync<IOException>(() => lossy.ReadAsync(CancellationToken.None))).Message, StringComparison.Ordinal);

        var flooded = new Line(ActorRefs.Nobody, MessageMax, _time);
        for (var number = 1UL; number <= 100; number++)
        {
            flooded.Hear(Piece(number, 10_000));
        }

        Assert.True(flooded.Broken.IsCancellationRequested);

        var long1 = new Line(ActorRefs.Nobody, 1000, _time);
        long1.Hear(Piece(1, 1001));
        await Assert.ThrowsAsync<IOException>(() => long1.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public void Silence_breaks_the_line_and_a_sign_of_life_keeps_it()
    {
        var line = new Line(ActorRefs.Nobody, MessageMax, _time);
        line.Open(CreateTestProbe());
        _time.Advance(Line.SilenceMax);
        line.Hear(new Taken());
        _time.Advance(Line.SilenceMax);
        line.Beat();
        Assert.False(line.Broken.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(1));
        line.Beat();
        Assert.True(line.Broken.IsCancellationRequested);
    }

    private static Piece Piece(ulong number, int bytes) =>
        new() { Number = number, Last = true, Data = ByteString.CopyFrom(new byte[bytes]) };

    /// <summary>Two lines that hear each other.</summary>
    private async Task<(Line From, Line To)> PairAsync()
    {
        var first = await HearerAsync();
        var second = await HearerAsync();
        first.Line.Open(second.Actor);
        second.Line.Open(first.Actor);
        return (first.Line, second.Line);
    }

    private async Task<(Line Line, IActorRef Actor)> HearerAsync()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Hearer(_time)));
        return (await actor.Ask<Line>("line"), actor);
    }

    private sealed class Hearer : ReceiveActor, IDisposable
    {
        private readonly Line _line;

        public Hearer(TimeProvider time)
        {
            _line = new Line(Self, MessageMax, time);
            Receive<string>(_ => Sender.Tell(_line));
            Receive<Piece>(_line.Hear);
            Receive<Taken>(_line.Hear);
        }

        public void Dispose() => _line.Dispose();
    }
}

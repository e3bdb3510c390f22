using System.Text.Json;
using CsCheck;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.UnitTests.Cli;

public sealed class OutputTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static Node Node1 => new()
    {
        Id = "01900000-0000-7000-8000-000000000001",
        Name = "node1",
        PublicKey = "a+/c=",
        Addresses = { "100.64.0.1/32" },
        Allocated = { "172.24.0.0/24", "172.25.0.0/24" },
        Announced = { "172.24.0.0/24" },
        Connected = true,
        AppliedRevision = 7,
        LastSeenUnixMs = Now.AddMinutes(-3).ToUnixTimeMilliseconds(),
        Warnings = { "172.28.0.0/24 is a network of this machine's own." },
    };

    [Theory]
    [InlineData(0, "0s ago")]
    [InlineData(59, "59s ago")]
    [InlineData(60, "1m ago")]
    [InlineData(3 * 60 + 59, "3m ago")]
    [InlineData(3600, "1h ago")]
    [InlineData(49 * 3600, "2d ago")]
    [InlineData(-90, "in 1m")]
    [InlineData(-(30 * 60 - 1), "in 30m")]
    public void An_age_is_said_in_one_unit(int secondsAgo, string said) =>
        Assert.Equal(said, Moments.Age(Now.AddSeconds(-secondsAgo), Now));

    [Fact]
    public void What_never_was_has_no_age() => Assert.Equal("never", Moments.Age(Moments.Of(0), Now));

    [Fact]
    public void A_time_is_in_UTC() =>
        Assert.Equal("2026-11-22T12:00:00.250Z", Moments.Iso(new DateTimeOffset(2026, 11, 22, 14, 0, 0, 250, TimeSpan.FromHours(2))));

    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell_and_an_empty_cell_is_a_dash() => Assert.Equal(
        "NAME     LAG  ID\na        10   x\nlonger1  -    yy\n",
        Table.Render(["NAME", "LAG", "ID"], [["a", "10", "x"], ["longer1", "", "yy"]]));

    [Fact]
    public void A_table_without_rows_is_its_header() => Assert.Equal("A  B\n", Table.Render(["A", "B"], []));

    [Fact]
    public void No_text_of_another_machine_steers_the_terminal() => Gen.String.Sample(text =>
        Table.Cell(text).All(c => !char.IsControl(c) && c is not ('\u202e' or '\u2028')));

    [Fact]
    public void An_escape_sequence_in_a_name_is_shown_and_not_obeyed() =>
        Assert.Equal("?[2Jnode ?[0m x", Plain.OneLine("\u001b[2Jnode \u001b[0m\nx"));

    [Fact]
    public void A_node_is_one_line_of_the_list() => Assert.Equal(
        "NAME   STATE      ADDRESSES      ANNOUNCED      LAG  SEEN  WARNINGS  ID\n"
        + "node1  connected  100.64.0.1/32  172.24.0.0/24  0    now   1         01900000-0000-7000-8000-000000000001\n",
        NodeText.List([Node1], Now));

    [Fact]
    public void A_node_that_went_away_has_an_age_and_no_lag()
    {
        var node = Node1;
        node.Connected = false;
        node.Warnings.Clear();

        Assert.EndsWith("node1  away   100.64.0.1/32  172.24.0.0/24  -    3m ago  0         01900000-0000-7000-8000-000000000001\n", NodeText.List([node], Now), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stuck_node_is_named_so_with_how_long()
    {
        var node = Node1;
        (node.Stuck, node.Lag, node.BehindSinceUnixMs) = (true, 3, Now.AddSeconds(-25).ToUnixTimeMilliseconds());

        Assert.Contains("node1  stuck  100.64.0.1/32  172.24.0.0/24  3, since 25s ago  now", NodeText.List([node], Now), StringComparison.Ordinal);
        Assert.Contains("stuck, 3 behind, applied revision 7, behind since 25s ago", NodeText.Show(node, Now), StringComparison.Ordinal);
    }

    [Fact]
    public void One_node_is_shown_with_what_is_wrong_and_what_is_reserved()
    {
        var text = NodeText.Show(Node1, Now);

        Assert.Contains("State:       connected, up to date at revision 7\n", text, StringComparison.Ordinal);
        Assert.Contains("Reserved:    172.25.0.0/24\n", text, StringComparison.Ordinal);
        Assert.Contains("Warnings:\n  172.28.0.0/24 is a network of this machine's own.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_is_spent_expired_revoked_or_usable()
    {
        var ended = Now.AddSeconds(-1).ToUnixTimeMilliseconds();

        Assert.Equal("usable", ListText.JoinKeyState(new JoinKey(), Now));
        Assert.Equal("expired", ListText.JoinKeyState(new JoinKey { ExpiresUnixMs = ended }, Now));
        Assert.Equal("used by node1", ListText.JoinKeyState(new JoinKey { ExpiresUnixMs = ended, SpentBy = "node1" }, Now));
        Assert.Equal("revoked", ListText.JoinKeyState(new JoinKey { Revoked = true, SpentBy = "node1" }, Now));
    }

    [Fact]
    public void Programs_read_the_same_names_for_ever()
    {
        var json = JsonSerializer.Serialize(Node1.ToDocument(whole: true), DocumentJson.Lines.NodeDocument);

        Assert.Equal(
            """{"id":"01900000-0000-7000-8000-000000000001","name":"node1","publicKey":"a+/c=","addresses":["100.64.0.1/32"],"""
            + """ "allocated":["172.24.0.0/24","172.25.0.0/24"],"announced":["172.24.0.0/24"],"endpoints":[],"removed":false,""".TrimStart()
            + """ "connected":true,"appliedRevision":7,"lag":0,"agentVersion":"","lastSeen":"2026-11-22T11:57:00.000Z",""".TrimStart()
            + """ "warnings":["172.28.0.0/24 is a network of this machine's own."],"sessions":[],"formerKeys":[],"behindSince":null,"stuck":false}""".TrimStart(),
            json);
    }

    [Fact]
    public void A_key_that_is_listed_has_no_place_for_a_secret() => Assert.DoesNotContain(
        "joinUrl", JsonSerializer.Serialize(new JoinKey { Id = "k" }.ToDocument(), DocumentJson.Lines.JoinKeyDocument), StringComparison.Ordinal);

    [Fact]
    public void An_event_is_one_line_with_its_facts_as_JSON()
    {
        var json = JsonSerializer.Serialize(
            new Event { Revision = 3, TimeUnixMs = Now.ToUnixTimeMilliseconds(), Type = "org.node-removed.v1", PrincipalKind = "token", PrincipalId = "t", PrincipalName = "alice", Json = """{ "node": "n" }""" }.ToDocument(),
            DocumentJson.Lines.EventDocument);

        Assert.Equal(
            """{"revision":3,"time":"2026-11-22T12:00:00.000Z","type":"org.node-removed.v1","by":{"kind":"token","id":"t","name":"alice"},"requestId":"","facts":{"node":"n"}}""",
            json.Replace(": ", ":", StringComparison.Ordinal).Replace("{ ", "{", StringComparison.Ordinal).Replace(" }", "}", StringComparison.Ordinal));
    }
}

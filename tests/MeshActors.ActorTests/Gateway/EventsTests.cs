using Grpc.Core;
using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;

namespace MeshActors.ActorTests.Gateway;

/// <summary>The journal over the wire, out and in, and who may not.</summary>
public sealed class EventsTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly LogLines _log = new();
    private RunningController? _controller;

    public async Task InitializeAsync() => _controller = await RunningController.StartAsync(_directory.Path, 0, logs: _log);

    public async Task DisposeAsync() => await _controller!.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    private Admin.AdminClient Admin => _controller!.Admin;

    private Metadata AsAdmin => _controller!.AsAdmin();

    [Fact]
    public async Task What_is_imported_is_exported_again_byte_for_byte()
    {
        var rows = JournalGenerator.Rows(11, 60, 5_000).ToList();
        await ImportAsync(rows);
        Rows.SameRows(rows, await ExportAsync("acme", AsAdmin));
        Rows.SameRows(rows[1_500..2_600], await ExportAsync("acme", AsAdmin, 1_501, 2_600));
        var organization = await Admin.GetOrganizationAsync(new GetOrganizationRequest { Organization = "acme" }, AsAdmin);
        Assert.Equal(rows.Count, organization.Revision);
        Assert.Equal(60, organization.Nodes + rows.Count(row => row.Manifest == "org.node-removed.v1") - rows.Count(row => row.Manifest == "org.node-replaced.v1"));
        await ImportAsync(rows);
        Rows.SameRows(rows, await ExportAsync("acme", AsAdmin));
    }

    [Fact]
    public async Task Another_organizations_token_opens_no_journal_and_the_log_says_who_tried_what()
    {
        await ImportAsync([.. JournalGenerator.Rows(12, 5, 30)]);
        var token = await Admin.CreateTokenAsync(new CreateTokenRequest { Organization = "default", Name = "curious" }, AsAdmin);
        var curious = RunningController.With(token.Secret);

        Assert.NotEmpty(await ExportAsync("default", curious));
        Assert.Equal("not-allowed", await RefusedAsync(() => ExportAsync("acme", curious)));
        Assert.Equal("not-allowed", await RefusedAsync(() => ExportAsync("no-such", curious)));
        Assert.Equal("not-allowed", await RefusedAsync(() => StreamAsync("acme", curious)));
        Assert.Equal("not-allowed", await RefusedAsync(() => ImportAsync([.. JournalGenerator.Rows(13, 5, 30)], curious)));
        Assert.Equal("token-invalid", await RefusedAsync(() => ExportAsync("acme", RunningController.With(token.Secret[..^60] + new string('A', 60)))));
        Assert.Equal("organization-unknown", await RefusedAsync(() => ExportAsync("no-such", AsAdmin)));

        foreach (var method in new[] { "ExportEvents", "StreamEvents", "ImportEvents" })
        {
            Assert.Contains(_log.Lines, line => line.Contains($"/{method} ", StringComparison.Ordinal)
                && line.Contains($"with token {token.Id} was refused: not-allowed", StringComparison.Ordinal) && line.Contains("'default' alone", StringComparison.Ordinal));
        }

        Assert.Contains(_log.Lines, line => line.Contains("alone, not 'acme'", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Lines, line => line.Contains(token.Secret.Split('.')[3], StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_import_says_why_it_stops_and_what_was_stored_stays()
    {
        var rows = JournalGenerator.Rows(14, 20, 3_000).ToList();
        var damaged = rows.ToList();
        damaged[2_100] = damaged[2_100] with { Manifest = "org.node-removed.v1" };
        Assert.Equal("journal-row", await RefusedAsync(() => ImportAsync(damaged)));
        Assert.Equal("organization-unknown", await RefusedAsync(() => ExportAsync("acme", AsAdmin)));
        Assert.Equal("import-unfinished", await RefusedAsync(async () => await Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = "acme" }, AsAdmin)));
        Assert.Equal(2_000, await ImportAsync(rows));
        Rows.SameRows(rows, await ExportAsync("acme", AsAdmin));
    }

    /// <returns>How much of it was there before.</returns>
    private Task<long> ImportAsync(IReadOnlyList<JournalRow> rows, Metadata? token = null) => ImportCall.RunAsync(Admin, token ?? AsAdmin, rows);

    private Task<List<JournalRow>> ExportAsync(string organization, Metadata token, long from = 0, long to = 0) =>
        ImportCall.ExportAsync(Admin, token, organization, from, to);

    private async Task StreamAsync(string organization, Metadata token)
    {
        using var call = Admin.StreamEvents(new StreamEventsRequest { Organization = organization }, token);
        await call.ResponseStream.MoveNext(CancellationToken.None);
    }

    private static async Task<string?> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).Trailers.GetValue("mesh-code");
}

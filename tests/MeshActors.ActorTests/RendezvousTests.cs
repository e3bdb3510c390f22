using System.Net;
using Akka.Actor;
using Akka.Cluster;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;
using Npgsql;

namespace MeshActors.ActorTests;

/// <summary>Processes that know nothing but a PostgreSQL database find each other in it.</summary>
public sealed class RendezvousTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _connection = PostgresServer.DatabaseFor($"rendezvous-{Guid.CreateVersion7()}");

    [Fact]
    public async Task Three_that_start_at_once_on_an_empty_database_are_one_cluster_and_again_after_all_have_stopped()
    {
        for (var start = 0; start < 2; start++)
        {
            var hosts = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartAsync()));
            foreach (var host in hosts)
            {
                await UntilMembersAsync(host, 3);
            }

            var name = OrganizationId.Parse($"org-{start}");
            await hosts[start].Mesh.FoundAsync(name);
            Assert.NotNull(await hosts[2].Mesh.GetAsync(name, default));
            await Task.WhenAll(hosts.Select(host => host.StopAsync()));
            Assert.Equal(0L, Scalar("SELECT count(*) FROM mesh_member"));
        }
    }

    [Fact]
    public async Task A_process_that_cannot_reach_a_living_member_begins_no_cluster_of_its_own()
    {
        await JournalSchema.MigrateAsync(Database, default);
        Run("INSERT INTO mesh_member VALUES ('akka.tcp://mesh@192.0.2.1:7443', 'x', true, null, now() + interval '8 s')");
        var began = TimeProvider.System.GetTimestamp();
        await using var host = await StartAsync();

        // The row is of a dead process after 8 + 15 s, and only then is it passed over.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromSeconds(23), Patience);
        await UntilMembersAsync(host, 1);
    }

    [Fact]
    public async Task A_process_that_its_cluster_does_not_take_in_ends_and_says_why()
    {
        await JournalSchema.MigrateAsync(Database, default);
        Run("INSERT INTO mesh_member VALUES ('akka.tcp://mesh@192.0.2.1:7443', 'x', true, null, now() + interval '10 min')");
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(StartAsync);
        Assert.Contains("192.0.2.1:7443 has not taken this process in", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_clusters_that_took_each_other_for_dead_the_smaller_gives_way_and_joins_the_other()
    {
        var ports = Enumerable.Range(0, 3).Select(_ => Gateway.RunningController.FreePort()).ToList();
        await using var alone = await StartAsync(ports[0], seed: ports[0]);
        await using var first = await StartAsync(ports[1], seed: ports[1]);
        await using var second = await StartAsync(ports[2], seed: ports[1]);
        await UntilMembersAsync(first, 2);
        var ends = alone.Get<ActorSystem>().WhenTerminated;

        await ends.WaitAsync(Patience);
        await UntilMembersAsync(first, 2);
        await alone.StopAsync();
        await using var again = await StartAsync();
        await UntilMembersAsync(first, 3);
        await UntilMembersAsync(second, 3);
    }

    [Fact]
    public async Task A_process_reads_an_organization_before_it_joins_and_stands_in_nobodys_way_then()
    {
        await using (var first = await StartAsync())
        {
            await first.Mesh.FoundAsync();
            await first.Mesh.JoinedAsync("a");
        }

        using var read = new Counted("mesh.entity.recovery.events", ("kind", "rehearsal"));
        await using var second = await StartAsync();
        Assert.True(read.Grown > 1);
        await second.Mesh.JoinedAsync("b");
    }

    private PostgresDatabase Database => new(new NpgsqlConnectionStringBuilder(_connection));

    private Task<MeshHost> StartAsync() => MeshHost.StartAsync(new MeshOptions { Journal = Database }, TimeProvider.System, null);

    /// <summary>One that begins a cluster of its own, or joins the seed's, whoever lives on the database.</summary>
    private Task<MeshHost> StartAsync(int port, int seed) => MeshHost.StartAsync(new MeshOptions
    {
        Journal = Database,
        Port = new ClusterPort(new IPEndPoint(IPAddress.Loopback, port), $"127.0.0.1:{port}"),
        Seeds = [$"127.0.0.1:{seed}"],
    }, TimeProvider.System, null);

    private static Task<int> UntilMembersAsync(MeshHost host, int count) => Until.TrueAsync(
        () => Task.FromResult(Akka.Cluster.Cluster.Get(host.Get<ActorSystem>()).State.Members.Count(member => member.Status == MemberStatus.Up)),
        up => up == count);

    private void Run(string sql)
    {
        using var connection = new NpgsqlConnection(_connection);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private object? Scalar(string sql)
    {
        using var connection = new NpgsqlConnection(_connection);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }
}

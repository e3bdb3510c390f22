using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;

namespace MeshActors.ActorTests.Support;

/// <summary>A PostgreSQL server for this test process, on a Unix socket in a directory of its own. It ends with the process, however that ends.</summary>
internal static class PostgresServer
{
    /// <summary>A cold start on a slow disk takes some seconds.</summary>
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);

    private static readonly Lazy<string> Socket = new(Start);

    private static readonly ConcurrentDictionary<string, Lazy<string>> Databases = new();

    /// <summary>The connection to a database of that name, which is made when it is first asked for.</summary>
    public static string DatabaseFor(string name) => Databases.GetOrAdd(name, _ => new Lazy<string>(() => Create(name))).Value;

    /// <summary>Without a database.</summary>
    public static string SocketDirectory => Socket.Value;

    private static string Create(string name)
    {
        var server = $"Host={Socket.Value};Username=mesh";
        using var connection = new NpgsqlConnection($"{server};Database=postgres;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE \"{name}\"";
        command.ExecuteNonQuery();
        // Few: a hundred tests leave their pools behind, and the server has 100 connections in all.
        return $"{server};Database={name};Maximum Pool Size=20;Connection Idle Lifetime=2;Connection Pruning Interval=1";
    }

    private static string Start()
    {
        var binaries = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).LastOrDefault() + "/bin"
            : throw new InvalidOperationException("These tests need PostgreSQL: install the package 'postgresql' (tests/run.sh does).");
        var directory = Directory.CreateTempSubdirectory("mesh-postgres-").FullName;
        // initdb refuses root. The server ends when standard input does, which it does with this process.
        var script = $$"""
            set -e
            run() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi; }
            cd {{directory}}
            [ "$(id -u)" != 0 ] || chown nobody:nogroup {{directory}}
            run {{binaries}}/initdb -D {{directory}}/data -U mesh --auth=trust --no-sync >/dev/null
            run {{binaries}}/postgres -D {{directory}}/data -k {{directory}} -c listen_addresses= -c max_connections=300 -c log_min_messages=fatal >{{directory}}/log 2>&1 &
            while read -r _; do :; done
            kill -INT "$(head -n 1 data/postmaster.pid)"
            wait
            rm -rf {{directory}}
            """;
        var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardInput = true })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            shell.StandardInput.Close();
            shell.WaitForExit(TimeSpan.FromSeconds(10));
        };
        WaitUntilItAnswers(directory, shell);
        return directory;
    }

    private static void WaitUntilItAnswers(string directory, Process shell)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var connection = new NpgsqlConnection($"Host={directory};Username=mesh;Database=postgres;Pooling=False");
                connection.Open();
                return;
            }
            catch (Exception fault) when (fault is NpgsqlException or System.Net.Sockets.SocketException)
            {
                if (shell.HasExited || Stopwatch.GetElapsedTime(began) > StartMax)
                {
                    throw new InvalidOperationException($"The PostgreSQL server does not start; see {directory}/log.", fault);
                }

                shell.WaitForExit(TimeSpan.FromMilliseconds(100));
            }
        }
    }
}

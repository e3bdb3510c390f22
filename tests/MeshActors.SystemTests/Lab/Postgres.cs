namespace MeshActors.SystemTests.Lab;

/// <summary>A PostgreSQL server on a machine of its own, with an empty database.</summary>
public static class Postgres
{
    private const string Home = "/var/lib/lab-postgres";

    /// <returns>As --database says it.</returns>
    public static async Task<string> StartAsync(Machine machine, string address)
    {
        await machine.ShellAsync($"""
            mkdir {Home}
            chown postgres {Home}
            cd {Home}
            bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
            run() {"{"} runuser -u postgres -- "$bin/$@" >>{Home}/out 2>&1 </dev/null; {"}"}
            run initdb --pgdata data --auth trust --no-sync --username postgres
            echo "host all postgres 203.0.113.0/24 trust" >> data/pg_hba.conf
            run pg_ctl start --wait --pgdata data --log log --options "-c listen_addresses=* -c unix_socket_directories={Home}"
            run createdb --host {Home} --username postgres mesh
            """);
        return $"postgresql://postgres@{address}/mesh";
    }
}

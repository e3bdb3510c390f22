using MeshActors.Cluster.Storage;
using MeshActors.Controller.Hosting;
using Npgsql;

namespace MeshActors.Controller.CommandLine;

/// <summary>What --database and --database-file say: a PostgreSQL URL as libpq has it, or keywords as Npgsql has them.</summary>
internal static class DatabaseUrl
{
    private const int DefaultPort = 5432;

    /// <exception cref="StartException">Not understood, or with a password where every user of the host can read it.</exception>
    public static JournalDatabase Open(ControllerOptions options, string sqliteFile)
    {
        if (options.DatabaseFile is { } file)
        {
            return new PostgresDatabase(Parse(ReadFile(file), $"--database-file {file}"));
        }

        if (options.Database is not { } text)
        {
            return new SqliteDatabase(sqliteFile);
        }

        var parsed = Parse(text, "--database");
        return parsed.Password is null
            ? new PostgresDatabase(parsed)
            : throw StartException.Input(
                "--database holds a password, which every user of this host could read in the list of processes. Put the URL into a file of mode 0600 and name it with --database-file, or use PGPASSFILE.");
    }

    private static string ReadFile(string file)
    {
        try
        {
            const UnixFileMode others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            return (File.GetUnixFileMode(file) & others) == 0
                ? File.ReadAllText(file).Trim()
                : throw StartException.Input($"--database-file {file} can be read by every user: `chmod 600 {file}`.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw StartException.Input($"--database-file {file} cannot be read: {fault.Message}", fault);
        }
    }

    private static NpgsqlConnectionStringBuilder Parse(string text, string source)
    {
        try
        {
            return text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? FromUrl(new Uri(text))
                : text.Contains('=', StringComparison.Ordinal) ? new NpgsqlConnectionStringBuilder(text)
                : throw new FormatException("it is neither a URL nor keywords");
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or KeyNotFoundException)
        {
            // Without the text: it may hold a password.
            throw StartException.Input(
                $"{source} is not understood: {fault.Message.TrimEnd('.')}. Write it as postgresql://USER@HOST[:PORT]/DATABASE[?sslmode=verify-full].", fault);
        }
    }

    private static NpgsqlConnectionStringBuilder FromUrl(Uri url)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            // An empty host with ?host=/directory is a Unix socket.
            Host = url.Host.Length == 0 ? null : url.Host.Trim('[', ']'),
            Port = url.IsDefaultPort || url.Port < 0 ? DefaultPort : url.Port,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
        };
        var user = url.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length == 2)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        foreach (var parameter in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = parameter.Split('=', 2);
            builder[KeywordOf(pair[0])] = Uri.UnescapeDataString(pair.Length == 2 ? pair[1] : "");
        }

        return builder.Database is { Length: > 0 } ? builder : throw new FormatException("it names no database");
    }

    private static string KeywordOf(string parameter) => parameter switch
    {
        "sslmode" => "SSL Mode",
        "sslrootcert" => "Root Certificate",
        "sslcert" => "SSL Certificate",
        "sslkey" => "SSL Key",
        "passfile" => "Passfile",
        "host" => "Host",
        "connect_timeout" => "Timeout",
        "application_name" => "Application Name",
        _ => throw new FormatException($"'{parameter}' is no parameter that is known here"),
    };
}

using System.Data.Common;
using System.Text;
using MeshActors.Cluster.Storage;

namespace MeshActors.Cluster.Projections;

/// <summary>Inserts many rows by few statements, of few different texts, so that a database prepares each once.</summary>
/// <param name="into">The table with its columns, as <c>t (a, b)</c>.</param>
/// <param name="columns">How many.</param>
internal sealed class RowInserts(string into, int columns)
{
    /// <summary>Rows of a statement. Of nine columns the largest has 2,304 parameters; SQLite takes 32,766.</summary>
    private static readonly int[] Sizes = [256, 64, 16, 4, 1];

    private readonly string[] _texts = [.. Sizes.Select(rows => Text(into, columns, rows))];

    /// <param name="values">Of a row, as many as there are columns; null only of bytes.</param>
    public async Task RunAsync<T>(
        DbConnection connection, DbTransaction transaction, IReadOnlyList<T> rows, Func<T, object?[]> values, CancellationToken cancellationToken)
    {
        var done = 0;
        for (var size = 0; size < Sizes.Length; size++)
        {
            for (; rows.Count - done >= Sizes[size]; done += Sizes[size])
            {
                var command = connection.CommandOf(transaction, _texts[size]);
                for (var i = 0; i < Sizes[size]; i++)
                {
                    Add(command, i, values(rows[done + i]));
                }

                await command.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Add(DbCommand command, int row, object?[] values)
    {
        for (var i = 0; i < columns; i++)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = Name((row * columns) + i);
            parameter.Value = values[i] ?? DBNull.Value;
            if (values[i] is null)
            {
                parameter.DbType = System.Data.DbType.Binary;
            }

            command.Parameters.Add(parameter);
        }
    }

    private static string Text(string into, int columns, int rows)
    {
        var text = new StringBuilder($"INSERT INTO {into} VALUES ");
        for (var row = 0; row < rows; row++)
        {
            text.Append(row == 0 ? "(" : ", (").AppendJoin(", ", Enumerable.Range(row * columns, columns).Select(Name)).Append(')');
        }

        return text.ToString();
    }

    private static string Name(int number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"@p{number}");
}

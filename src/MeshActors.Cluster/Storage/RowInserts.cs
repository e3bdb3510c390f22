using System.Data.Common;
using LinqToDB;
using LinqToDB.DataProvider.PostgreSQL;
using LinqToDB.DataProvider.SQLite;
using LinqToDB.Internal.DataProvider.PostgreSQL;
using LinqToDB.Internal.DataProvider.SQLite;
using LinqToDB.Internal.SqlProvider;
using LinqToDB.Internal.SqlQuery;
using LinqToDB.Mapping;

namespace MeshActors.Cluster.Storage;

/// <summary>
/// The library makes a statement's text anew for each execution when a parameter may be null, which every text and every array
/// may. An INSERT of one row is the same text whatever its values are: made once, a join allocates a third less.
/// </summary>
/// <remarks>No setting says so, and the library's inner types are no promise: another version may not compile with this.</remarks>
internal static class RowInserts
{
    private static bool IsOne(SqlStatement statement) =>
        statement is SqlInsertStatement { SelectQuery.From.Tables.Count: 0, Insert.Items: var items }
        && items.TrueForAll(item => item.Expression is SqlParameter { IsQueryParameter: true });

    internal sealed class Sqlite : SQLiteDataProvider
    {
        private readonly Optimizer _optimizer;
        private readonly Func<string, DbConnection> _connect;

        public Sqlite(Func<string, DbConnection> connect)
            : base(ProviderName.SQLiteMS, SQLiteProvider.Microsoft)
        {
            _optimizer = new Optimizer(SqlProviderFlags);
            _connect = connect;
        }

        protected override DbConnection CreateConnectionInternal(string connectionString) => _connect(connectionString);

        public override ISqlOptimizer GetSqlOptimizer(DataOptions dataOptions) => _optimizer;

        private sealed class Optimizer(SqlProviderFlags flags) : SQLiteSqlOptimizer(flags), ISqlOptimizer
        {
            bool ISqlOptimizer.IsParameterDependent(
                NullabilityContext nullability, MappingSchema mappingSchema, SqlStatement statement, DataOptions dataOptions) =>
                !IsOne(statement) && IsParameterDependent(nullability, mappingSchema, statement, dataOptions);
        }
    }

    internal sealed class Postgres : PostgreSQLDataProvider
    {
        private readonly Optimizer _optimizer;

        // The exact version lets it make identity columns; every version from 10 on has them.
        public Postgres()
            : base(ProviderName.PostgreSQL15, PostgreSQLVersion.v15) => _optimizer = new Optimizer(SqlProviderFlags);

        public override ISqlOptimizer GetSqlOptimizer(DataOptions dataOptions) => _optimizer;

        private sealed class Optimizer(SqlProviderFlags flags) : PostgreSQLSqlOptimizer(flags), ISqlOptimizer
        {
            bool ISqlOptimizer.IsParameterDependent(
                NullabilityContext nullability, MappingSchema mappingSchema, SqlStatement statement, DataOptions dataOptions) =>
                !IsOne(statement) && IsParameterDependent(nullability, mappingSchema, statement, dataOptions);
        }
    }
}

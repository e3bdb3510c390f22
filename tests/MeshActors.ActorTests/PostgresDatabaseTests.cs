using MeshActors.Cluster.Storage;
using Npgsql;

namespace MeshActors.ActorTests;

public class PostgresDatabaseTests
{
    [Fact]
    public void What_the_operator_does_not_say_of_a_connection_is_set()
    {
        var connection = Of("Host=db.example;Username=mesh");

        Assert.Equal("db.example", connection.Host);
        Assert.Equal(30, connection.MaxPoolSize);
        Assert.Equal(5, connection.Timeout);
        Assert.Equal(10, connection.CommandTimeout);
        Assert.Equal(50, connection.MaxAutoPrepare);
        Assert.True(connection.NoResetOnClose);
        Assert.Equal("mesh-controller", connection.ApplicationName);
    }

    [Fact]
    public void What_the_operator_says_of_a_connection_holds()
    {
        var connection = Of("Host=db.example;MaxPoolSize=7;Max Auto Prepare=0;CommandTimeout=3;NoResetOnClose=false;Application Name=mine");

        Assert.Equal(7, connection.MaxPoolSize);
        Assert.Equal(0, connection.MaxAutoPrepare);
        Assert.Equal(3, connection.CommandTimeout);
        Assert.False(connection.NoResetOnClose);
        Assert.Equal("mine", connection.ApplicationName);
        Assert.Equal(5, connection.Timeout);
    }

    private static NpgsqlConnectionStringBuilder Of(string text)
    {
        using var connection = new PostgresDatabase(new NpgsqlConnectionStringBuilder(text)).Connect();
        return new NpgsqlConnectionStringBuilder(connection.ConnectionString);
    }
}

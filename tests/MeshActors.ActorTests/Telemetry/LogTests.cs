using System.Reflection;
using System.Text.Json;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Telemetry;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.Gateway;
using Microsoft.Extensions.Logging;

namespace MeshActors.ActorTests.Telemetry;

/// <summary>What programs read of the log.</summary>
[Collection(Alone.Name)]
public sealed class LogTests
{
    /// <remarks>An id is never used again: a message that goes leaves a gap, and one that means something else gets the next.</remarks>
    [Fact]
    public void Every_message_has_an_id_of_its_own_for_ever()
    {
        var messages = new[] { typeof(MeshMeter).Assembly, typeof(RefusalLog).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (Method: method, Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(pair => pair.Message is not null)
            .Select(pair => $"{pair.Message!.EventId} {pair.Method.DeclaringType!.Name}.{pair.Method.Name}")
            .Order(StringComparer.Ordinal)
            .ToArray();

        Assert.Equal(messages.Length, messages.Select(message => message.Split(' ')[0]).Distinct().Count());
        GoldenFile.Matches("log-events.txt", messages);
    }

    [Fact]
    public async Task As_JSON_each_line_has_its_event_and_the_ids_of_request_and_trace()
    {
        using var directory = new TempDirectory();
        var before = Console.Error;
        using var lines = new StringWriter();
        Console.SetError(TextWriter.Synchronized(lines));
        try
        {
            await using var controller = await RunningController.StartAsync(directory.Path, 0, options => options with { LogFormat = LogFormat.Json });
            var headers = RunningController.With((controller.AdminToken with { Secret = new string('A', 43) }).Reveal());
            headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => controller.Admin.GetStatusAsync(new GetStatusRequest(), headers).ResponseAsync);
        }
        finally
        {
            Console.SetError(before);
        }

        var refused = lines.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Single(line => line.GetProperty("EventId").GetInt32() == 2201);
        Assert.Equal("token-invalid", refused.GetProperty("State").GetProperty("Code").GetString());
        var scopes = refused.GetProperty("Scopes").ToString();
        Assert.Contains("0af7651916cd43dd8448eb211c80319c", scopes, StringComparison.Ordinal);
        Assert.Contains("RequestId", scopes, StringComparison.Ordinal);
    }
}

using Grpc.Core;
using MeshActors.Cli.Connection;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

/// <summary>The URL that a person carries to a machine.</summary>
internal static class JoinUrl
{
    public static async Task<string> OfAsync(CommandContext context, string key, CancellationToken cancellationToken)
    {
        var called = context.Session.Settings.Server;
        var advertised = called.IsLoopback ? await AdvertisedAsync(context, cancellationToken) : "";
        return ControllerUrl.JoinUrl(ControllerUrl.ForOthers(called, advertised), key);
    }

    public static string Until(JoinKey key, DateTimeOffset now) =>
        Moments.Of(key.ExpiresUnixMs) is { } end ? $"until {Moments.Iso(end)} ({Moments.Age(end, now)})" : "without end";

    /// <summary>The key exists already: that the controller does not say its address must not lose it.</summary>
    private static async Task<string> AdvertisedAsync(CommandContext context, CancellationToken cancellationToken)
    {
        try
        {
            return (await context.Client.GetStatusAsync(new GetStatusRequest(), context.Session.Call(cancellationToken))).Address;
        }
        catch (RpcException)
        {
            return "";
        }
    }
}

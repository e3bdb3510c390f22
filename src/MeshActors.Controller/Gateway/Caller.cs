using System.Diagnostics;
using System.Net;
using Grpc.Core;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;
using MeshActors.Domain.Trust;

namespace MeshActors.Controller.Gateway;

/// <summary>What a call's headers and connection say of its sender.</summary>
internal static class Caller
{
    private const string Scheme = "Bearer ";

    /// <summary>The secret in <c>authorization: Bearer ...</c>, or null when there is none of that kind.</summary>
    public static Bearer? FindBearer(ServerCallContext context, string kind) =>
        Bearer.TryParse(FindSecret(context), kind, out var bearer) ? bearer : null;

    private static string? FindSecret(ServerCallContext context)
    {
        var header = context.RequestHeaders.GetValue("authorization");
        return header is not null && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
    }

    public static IPAddress? RemoteAddress(ServerCallContext context)
    {
        var address = context.GetHttpContext().Connection.RemoteIpAddress;
        return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
    }

    public static CallOrigin Origin(ServerCallContext context)
    {
        var address = RemoteAddress(context);
        return new CallOrigin(FindSecret(context), address, address?.ToString() ?? "unknown", RequestId(context));
    }

    public static Meta Meta(ServerCallContext context, TimeProvider time, Principal principal) =>
        new(WholeMilliseconds(time.GetUtcNow()), principal, RequestId(context));

    /// <summary>Null for one that is none.</summary>
    public static string? RequestId(string? given) =>
        given is { Length: > 0 and <= Limits.RequestIdLengthMax } && given.All(c => c is > ' ' and < '\x7f') ? given : null;

    /// <summary>The caller's trace context (W3C), or null.</summary>
    public static string? TraceParent(ServerCallContext context) =>
        context.RequestHeaders.GetValue("traceparent") is { } given && MeshTraces.IsContext(given) ? given : null;

    /// <summary>What the caller calls it: by its trace, else by a name; else the trace id that the logs have too.</summary>
    private static string RequestId(ServerCallContext context) =>
        TraceParent(context) ?? RequestId(context.RequestHeaders.GetValue("x-request-id"))
        ?? Activity.Current?.TraceId.ToHexString() ?? context.GetHttpContext().TraceIdentifier;

    private static DateTimeOffset WholeMilliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}

using System.Security.Cryptography.X509Certificates;

namespace MeshActors.Remoting;

/// <summary>Where a controller's edge is, and how both sides know each other.</summary>
/// <param name="Host">Exactly as the controller advertises it: Akka drops messages to any other name of the same host.</param>
/// <param name="Port">Of the controller's <c>--edge-listen</c>.</param>
/// <param name="Certificate">This host's, of role agent, with its private key (<c>mesh-controller ca issue</c>).</param>
/// <param name="Authority">The CA of the mesh (<c>ca.pem</c>).</param>
public sealed record EdgeOptions(string Host, int Port, X509Certificate2 Certificate, X509Certificate2 Authority)
{
    /// <summary>How long to wait for the edge's first word. A TLS handshake over a slow link takes two seconds.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(8);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

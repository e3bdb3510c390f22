using System.Net;
using System.Net.Security;

namespace MeshActors.Benchmarks.Load.Http2;

/// <summary>Where connections go, and how.</summary>
/// <param name="Trust">Judges the server's certificate.</param>
/// <param name="StreamWindowBytes">What one call may be sent before it grants more.</param>
/// <param name="ReadBufferBytes">Of one connection.</param>
internal sealed record HttpTarget(
    IPEndPoint Address, RemoteCertificateValidationCallback Trust, Traffic Traffic, int StreamWindowBytes, int ReadBufferBytes)
{
    public string Authority => Address.ToString();

    /// <summary>Without resumption: as many agents with memories of their own.</summary>
    public SslClientAuthenticationOptions Tls() => new()
    {
        TargetHost = Address.Address.ToString(),
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        RemoteCertificateValidationCallback = Trust,
        AllowTlsResume = false,
    };
}

/// <summary>Bytes on the connections as TLS has them: all but TCP's and IP's own headers.</summary>
internal sealed class Traffic
{
    private long _received;

    public long Received => Interlocked.Read(ref _received);

    public void Add(int bytes) => Interlocked.Add(ref _received, bytes);
}

/// <summary>Counts what is read.</summary>
internal sealed class CountedStream(Stream inner, Traffic traffic) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        traffic.Add(read);
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronously.");

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

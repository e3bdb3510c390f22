using System.Security.Authentication;
using Grpc.Core;
using MeshActors.Cli.Failures;

namespace MeshActors.UnitTests.Cli;

public sealed class FailureMappingTests
{
    private static readonly Uri Server = new("https://mesh.example.org:8443");

    [Fact]
    public void A_refusal_is_status_3_with_the_controllers_code_and_sentence()
    {
        var failure = FailureMapping.Of(Refused(StatusCode.NotFound, "node-unknown", "Organization 'a' has no node 'b'."), Server);

        Assert.Equal(3, (int)failure.Status);
        Assert.Equal("meshctl: node-unknown: Organization 'a' has no node 'b'.", failure.Line);
    }

    [Fact]
    public void No_controller_is_status_5_and_names_it_with_a_remedy()
    {
        var failure = FailureMapping.Of(Failed(StatusCode.Unavailable, new IOException("Connection refused")), Server);

        Assert.Equal(5, (int)failure.Status);
        Assert.Equal("controller-unreachable", failure.Code);
        Assert.Contains("https://mesh.example.org:8443/: Connection refused. Check", failure.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_controller_that_does_not_answer_in_time_is_status_5() =>
        Assert.Equal(5, (int)FailureMapping.Of(Failed(StatusCode.DeadlineExceeded, cause: null), Server).Status);

    [Fact]
    public void A_server_that_is_not_trusted_is_named_so_whatever_status_gRPC_gives_it()
    {
        var exception = Failed(StatusCode.Internal, new HttpRequestException("no TLS", new AuthenticationException("The remote certificate was rejected.")));
        var failure = FailureMapping.Of(exception, Server);

        Assert.Equal((ExitStatus.Unreachable, "controller-untrusted"), (failure.Status, failure.Code));
        Assert.False(FailureMapping.IsPassing(exception));
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unauthenticated)]
    [InlineData(StatusCode.Unimplemented)]
    public void Anything_else_that_a_call_may_say_is_status_1(StatusCode status) =>
        Assert.Equal(1, (int)FailureMapping.Of(Failed(status, cause: null), Server).Status);

    [Fact]
    public void Bad_usage_is_status_2() =>
        Assert.Equal(2, (int)FailureMapping.Of(FailureException.BadUsage("token-malformed", "No."), server: null).Status);

    [Fact]
    public void A_failure_is_one_line_whatever_its_sentence_holds() =>
        Assert.Equal("meshctl: c: a b", new Failure(ExitStatus.Failed, "c", "a\nb").Line);

    [Theory]
    [InlineData(StatusCode.Unavailable, null, true)]
    [InlineData(StatusCode.Internal, null, true)]
    [InlineData(StatusCode.Unavailable, "unavailable", true)]
    [InlineData(StatusCode.ResourceExhausted, "overloaded", true)]
    [InlineData(StatusCode.Unauthenticated, "token-invalid", false)]
    [InlineData(StatusCode.Unavailable, "organization-unknown", false)]
    [InlineData(StatusCode.Unauthenticated, null, false)]
    public void A_tail_goes_on_after_what_passes_and_ends_with_what_does_not(StatusCode status, string? code, bool passes) =>
        Assert.Equal(passes, FailureMapping.IsPassing(code is null ? Failed(status, cause: null) : Refused(status, code, "")));

    private static RpcException Refused(StatusCode status, string code, string sentence) =>
        new(new Status(status, sentence), new Metadata { { FailureMapping.CodeTrailer, code } });

    private static RpcException Failed(StatusCode status, Exception? cause) => new(new Status(status, "failed", cause));
}

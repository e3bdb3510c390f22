using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Trust;
using MeshActors.Domain.Trust;

namespace MeshActors.UnitTests.Domain;

public sealed class TrustTests
{
    private const string Secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    [Fact]
    public void A_bearer_reads_back_and_never_prints_its_secret()
    {
        var bearer = new Bearer(Bearer.JoinKeyKind, "default", "k1", Secret, "pin");

        Assert.True(Bearer.TryParse(bearer.Reveal(), Bearer.JoinKeyKind, out var read));
        Assert.Equal(bearer, read);
        Assert.DoesNotContain(Secret, bearer.ToString(), StringComparison.Ordinal);
        Assert.False(Bearer.TryParse(bearer.Reveal(), Bearer.TokenKind, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("mjk.default.k1")]
    [InlineData("mjk.Default.k1." + Secret)]
    [InlineData("mjk._.k1." + Secret)]
    [InlineData("mjk.default.k1." + Secret + ".p.q")]
    [InlineData("mjk.default.k1.short")]
    [InlineData("mjk.default.." + Secret)]
    public void What_is_no_bearer_is_not_read(string text) => Assert.False(Bearer.TryParse(text, Bearer.JoinKeyKind, out _));

    [Fact]
    public void The_holder_of_the_private_key_answers_its_own_call_and_no_other()
    {
        var privateKey = new byte[32];
        privateKey[0] = 8;
        privateKey[31] = 64;
        var request = new JoinRequest { Name = "n", PublicKey = ByteString.CopyFrom(PossessionProof.PublicKeyOf(privateKey)) };
        var server = new PossessionProof.Challenger();
        var challenge = server.Challenge();
        var proof = PossessionProof.Answer(request, challenge, privateKey);

        Assert.True(server.Verify(request, challenge, proof));
        Assert.False(server.Verify(request, server.Challenge(), proof));
        Assert.False(new PossessionProof.Challenger().Verify(request, challenge, proof));
        Assert.False(server.Verify(new JoinRequest(request) { Name = "other" }, challenge, proof));
        Assert.False(server.Verify(request, challenge, PossessionProof.Answer(request, challenge, new byte[32])));
        Assert.False(server.Verify(request, challenge, []));
    }

    [Fact]
    public void A_point_of_small_order_proves_nothing()
    {
        var server = new PossessionProof.Challenger();

        Assert.False(server.Verify(new JoinRequest { PublicKey = ByteString.CopyFrom(new byte[32]) }, server.Challenge(), new byte[32]));
    }
}

using CsCheck;
using MeshActors.Cli;

namespace MeshActors.UnitTests.Cli;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("1s", 1)]
    [InlineData("30m", 30 * 60)]
    [InlineData("12h", 12 * 3600)]
    [InlineData("7d", 7 * 86_400)]
    [InlineData("3650d", 3650L * 86_400)]
    public void A_number_and_a_unit_is_a_duration(string text, long seconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("7")]
    [InlineData("0m")]
    [InlineData("-1h")]
    [InlineData("+1h")]
    [InlineData(" 1h")]
    [InlineData("1 h")]
    [InlineData("1.5h")]
    [InlineData("1h30m")]
    [InlineData("1w")]
    [InlineData("1H")]
    [InlineData("3651d")]
    [InlineData("99999999999d")]
    [InlineData("999999999999999999999d")]
    public void Anything_else_is_none(string? text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void No_text_is_longer_than_the_longest_or_an_exception() => Gen.String[Gen.Char["0123456789smhd -."], 0, 14].Sample(text =>
        !Durations.TryParse(text, out var duration) || (duration > TimeSpan.Zero && duration <= Durations.Longest));
}

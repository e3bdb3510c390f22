using MeshActors.Agent.Session;

namespace MeshActors.UnitTests.Agent;

public sealed class GatewaysTests
{
    private static readonly Uri Near = new("https://near:8443");
    private static readonly Uri AlsoNear = new("https://also-near:8443");
    private static readonly Uri Far = new("https://far:8443");
    private static readonly Uri Dead = new("https://dead:8443");

    [Fact]
    public async Task The_nearest_comes_first_and_one_that_does_not_answer_last()
    {
        var gateways = new Gateways(() => [Dead, Far, Near], MeasureAsync);
        Assert.Equal([Near, Far, Dead], await TakeAsync(gateways, 3));
    }

    [Fact]
    public async Task The_one_that_has_just_failed_comes_after_all_others()
    {
        var gateways = new Gateways(() => [Far, Near], MeasureAsync);
        Assert.Equal([Near], await TakeAsync(gateways, 1));
        gateways.Forget();
        Assert.Equal([Far, Near], await TakeAsync(gateways, 2));
    }

    [Fact]
    public async Task Agents_spread_over_gateways_that_are_equally_near()
    {
        var first = new HashSet<Uri>();
        for (var agent = 0; agent < 100; agent++)
        {
            first.UnionWith(await TakeAsync(new Gateways(() => [Near, AlsoNear, Far], MeasureAsync), 1));
        }

        Assert.Equal(new HashSet<Uri> { Near, AlsoNear }, first);
    }

    [Fact]
    public async Task A_single_gateway_is_not_measured()
    {
        var gateways = new Gateways(() => [Near], (_, _) => throw new InvalidOperationException("It was measured."));
        Assert.Equal([Near, Near], await TakeAsync(gateways, 2));
    }

    private static async Task<List<Uri>> TakeAsync(Gateways gateways, int count)
    {
        var taken = new List<Uri>();
        while (taken.Count < count)
        {
            taken.Add(await gateways.NextAsync(CancellationToken.None));
        }

        return taken;
    }

    private static Task<TimeSpan> MeasureAsync(Uri gateway, CancellationToken stop) => Task.FromResult(
        gateway == Dead ? Gateways.AnswerMax : TimeSpan.FromMilliseconds(gateway == Far ? 80 : gateway == Near ? 1 : 2));
}

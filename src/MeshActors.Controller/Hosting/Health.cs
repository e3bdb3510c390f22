using MeshActors.Cluster.Hosting;

namespace MeshActors.Controller.Hosting;

/// <summary><c>/healthz</c>: the process answers. <c>/readyz</c>: it can serve; if not, the sentence that says why.</summary>
internal static class Health
{
    /// <summary>Shorter than a probe's usual patience.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", context => context.Response.WriteAsync("ok\n", context.RequestAborted));
        routes.MapGet("/readyz", ReadyAsync);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        var fault = await FindFaultAsync(context).ConfigureAwait(false);
        context.Response.StatusCode = fault is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteAsync((fault ?? "ready") + "\n", context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task<string?> FindFaultAsync(HttpContext context)
    {
        var services = context.RequestServices;
        if (services.GetRequiredService<HandOver>().HasBegun
            || services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested)
        {
            return "This controller is stopping.";
        }

        using var late = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        late.CancelAfter(Deadline);
        try
        {
            var (isReady, reason) = await services.GetRequiredService<MeshReadiness>().CheckAsync(late.Token).ConfigureAwait(false);
            return isReady ? null : reason;
        }
        catch (OperationCanceledException)
        {
            return $"The cluster or the journal did not answer within {Deadline.TotalSeconds} s.";
        }
    }
}

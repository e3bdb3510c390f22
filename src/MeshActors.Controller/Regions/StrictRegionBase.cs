using Grpc.Core;
using MeshActors.Controller.Gateway;
using static MeshActors.Contracts.Region.V1.RegionLink;

namespace MeshActors.Controller.Regions;

/// <summary>The generated service, bound so that bytes that are no protobuf are refused as such.</summary>
[BindServiceMethod(typeof(StrictRegionBase), nameof(Bind))]
internal abstract class StrictRegionBase : RegionLinkBase
{
    /// <param name="service">Of the type that declares the methods: gRPC looks for them there.</param>
    public static void Bind(ServiceBinderBase binder, RegionLinkBase? service) => BindService(new StrictBinder(binder), service!);
}

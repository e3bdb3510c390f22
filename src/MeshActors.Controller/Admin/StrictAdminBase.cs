using Grpc.Core;
using MeshActors.Controller.Gateway;
using static MeshActors.Contracts.Admin.V1.Admin;

namespace MeshActors.Controller.Admin;

/// <summary>The generated service, bound so that bytes that are no protobuf are refused as such.</summary>
[BindServiceMethod(typeof(StrictAdminBase), nameof(Bind))]
internal abstract class StrictAdminBase : AdminBase
{
    /// <param name="service">Of the type that declares the methods: gRPC looks for them there.</param>
    public static void Bind(ServiceBinderBase binder, AdminBase? service) => BindService(new StrictBinder(binder), service!);
}
